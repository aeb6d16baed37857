//! The answers of a worker to a unit's wants, checked. It has read what strangers wrote, so nothing that it
//! says is believed as it stands. Pure: the keeper hands in what it must know.

use butler_product::message::FromWorker;
use butler_product::{Failure, FailureClass, Spec, Value};

/// A worker's answer to one want, by the want's place: its value and the bytes of its blob, or why not.
pub(crate) type Answer = (usize, Result<(Value, Option<u64>), Failure>);

/// A worker's answers to a unit's wants, as they arrive.
pub(crate) struct Arrived {
    most: usize,
    answers: Vec<Answer>,
}

impl Arrived {
    pub(crate) const fn new(wants: &[Spec]) -> Self {
        // One more than there are wants is a fault already: what a worker goes on answering is not kept.
        Self { most: wants.len() + 1, answers: Vec::new() }
    }

    /// Keeps what a message answers, if it is an answer.
    pub(crate) fn take(&mut self, message: FromWorker) {
        let answer = match message {
            FromWorker::Made { want, value, blob_bytes, .. } => (want, Ok((value, blob_bytes))),
            FromWorker::Failed { want, failure, .. } => (want, Err(failure)),
            _ => return,
        };
        if self.answers.len() < self.most {
            self.answers.push(answer);
        }
    }

    pub(crate) fn into_answers(self) -> Vec<Answer> {
        self.answers
    }
}

/// The answers that hold, one a want at most, and what is wrong with the worker, if anything is: then it must
/// go, and what it has not answered is for another. A worker that blames itself has not answered.
///
/// `written` tells how many bytes lie in the output of a want, if it has one.
pub(crate) fn checked(
    wants: &[Spec],
    given: Vec<Answer>,
    written: impl Fn(usize) -> Option<u64>,
) -> (Vec<Answer>, Option<String>) {
    let mut answers: Vec<Answer> = Vec::new();
    let mut fault = None;
    for (place, answer) in given {
        let wrong = match &answer {
            Err(Failure { class: FailureClass::Worker, sentence, .. }) => Some(sentence.clone()),
            _ if answers.iter().any(|(answered, _)| *answered == place) => {
                Some("The worker answered one question twice.".to_owned())
            }
            Err(_) => wants.get(place).is_none().then(nobody_asked),
            Ok((value, bytes)) => match wants.get(place) {
                None => Some(nobody_asked()),
                Some(want) if want.is_answered_by(value, *bytes, written(place)) => None,
                Some(want) => Some(format!("The worker answered with something that is no {}.", want.kind())),
            },
        };
        match wrong {
            None => answers.push((place, answer)),
            Some(why) => fault = fault.or(Some(why)),
        }
    }
    (answers, fault)
}

fn nobody_asked() -> String {
    "The worker answered what nobody asked.".to_owned()
}

#[cfg(test)]
mod tests {
    use butler_product::bif::{Params, Summary};
    use butler_product::photo::Photo;
    use butler_product::tags::Tags;

    use super::*;

    const WRITTEN: u64 = 900;

    fn check(said: Vec<Answer>) -> (Vec<Answer>, Option<String>) {
        let wants = [Spec::MediaInfo, Spec::Bif(Params::default())];
        checked(&wants, said, |place| (place == 1).then_some(WRITTEN))
    }

    fn info() -> Value {
        Value::MediaInfo(Box::default())
    }

    fn previews() -> Value {
        Summary { pictures: 3, interval_ms: 10_000, width: 320, height: 180 }.into()
    }

    #[test]
    fn what_a_sound_worker_says_holds() {
        let damaged = Failure::content("The video is damaged.");
        let nothing = Value::Nothing { why: "The file has no video.".to_owned() };
        for said in [
            vec![(0, Ok((info(), None))), (1, Ok((previews(), Some(WRITTEN))))],
            vec![(0, Ok((info(), None))), (1, Ok((nothing, None)))],
            vec![(1, Err(damaged)), (0, Err(Failure::source("The file can't be read.")))],
            vec![],
        ] {
            assert_eq!(check(said.clone()), (said, None));
        }
    }

    #[test]
    fn what_makes_no_sense_is_no_answer_and_the_worker_must_go() {
        for nonsense in [
            (2, Ok((info(), None))),
            (usize::MAX, Err(Failure::content("It is damaged."))),
            (1, Ok((info(), Some(WRITTEN)))),
            (1, Ok((previews(), None))),
            (1, Ok((previews(), Some(WRITTEN + 1)))),
            (0, Ok((previews(), None))),
            (0, Ok((info(), Some(WRITTEN)))),
        ] {
            let (answers, fault) = check(vec![nonsense.clone()]);
            assert!(answers.is_empty() && fault.is_some(), "{nonsense:?}");
        }
    }

    #[test]
    fn a_worker_that_never_stops_answering_is_kept_no_more_than_one_answer_too_many() {
        let mut arrived = Arrived::new(&[Spec::MediaInfo]);
        for _ in 0..1_000 {
            arrived.take(FromWorker::Made { unit: 1, want: 0, value: info(), blob_bytes: None });
            arrived.take(FromWorker::Progress { unit: 1, bytes_read: 0, steps: 0, permille: None });
        }
        assert_eq!(arrived.into_answers(), vec![(0, Ok((info(), None))); 2]);
    }

    #[test]
    fn tags_and_photos_are_believed_only_within_their_bounds() {
        let heard =
            |spec: Spec, value: Value| checked(&[spec], vec![(0, Ok((value, None)))], |_| None).1.is_none();
        let tags = |length: usize| {
            Value::Tags(Box::new(Tags { title: Some("t".repeat(length)), ..Tags::default() }))
        };
        assert_eq!(
            [heard(Spec::Tags, tags(100)), heard(Spec::Tags, tags(100_000)), heard(Spec::Photo, tags(100))],
            [true, false, false]
        );
        let photo = |iso| Value::Photo(Box::new(Photo { iso: Some(iso), ..Photo::default() }));
        assert_eq!([heard(Spec::Photo, photo(100)), heard(Spec::Photo, photo(0))], [true, false]);
    }

    #[test]
    fn the_first_answer_of_a_want_is_the_only_one() {
        let (answers, fault) =
            check(vec![(0, Ok((info(), None))), (0, Err(Failure::content("It is damaged.")))]);
        assert_eq!(answers, [(0, Ok((info(), None)))]);
        assert!(fault.is_some());
    }

    #[test]
    fn a_worker_that_blames_itself_has_not_answered() {
        let sentence = "The worker ran out of memory.";
        let (answers, fault) = check(vec![(0, Ok((info(), None))), (1, Err(Failure::worker(sentence)))]);
        assert_eq!((answers.len(), fault.as_deref()), (1, Some(sentence)));
    }
}
