//! Plans one read of the file for all makers of a unit, then feeds them.
//!
//! Makers are fed pictures, heads of packets or sound (`products.rs`), and each kind comes to an outcome of
//! its own: a damaged picture leaves the sound's makers alone. What is fed is a function of the file alone:
//! never of how many threads feed, nor of who else is fed. The plan is `plan.rs`. Pictures are sought by the
//! container's index, or by the marks of a transport stream (`seeking.rs`, `transport.rs`); all that needs
//! the file from its start to its end is fed by the one loop of `through.rs`. Start with [`run`].

mod decoding;
mod gathering;
mod packets;
mod pictures;
mod plan;
mod seeking;
mod sound;
mod through;
mod transport;

use std::thread;

use butler_product::Failure;
use butler_product::bandwidth::ToldBy;
use butler_product::media_info::{MediaInfo, StreamKind};

use crate::ffi::Packet;
use crate::key_frames::{Origin, cut_off};
use crate::open::{Media, Stop};
use crate::products::{PacketMaker, PictureMaker, SoundMaker};
use decoding::Decoding;
use packets::Packets;
use pictures::Pictures;
use plan::{Read, Wants, Way};
use seeking::Index;
pub(crate) use sound::Heard;
use sound::{Listening, Sound};
use through::{Taker, read_through};

/// A maker and the want that it answers.
pub(crate) struct Feed<M: ?Sized> {
    /// The want's place in the order.
    pub(crate) want: usize,
    pub(crate) maker: Box<M>,
}

/// The makers of a unit, by what they are fed.
#[derive(Default)]
pub(crate) struct Feeds {
    pub(crate) pictures: Vec<Feed<dyn PictureMaker>>,
    pub(crate) packets: Vec<Feed<dyn PacketMaker>>,
    pub(crate) sound: Vec<Feed<dyn SoundMaker>>,
}

/// What became of each kind.
pub(crate) struct Fed {
    pub(crate) pictures: Result<(), Stop>,
    /// By what the packets were told.
    pub(crate) packets: Result<ToldBy, Stop>,
    /// By maker.
    pub(crate) sound: Vec<Heard>,
}

impl Fed {
    /// Nobody was fed, for one reason.
    fn none(feeds: &Feeds, stop: Stop) -> Self {
        let sound = feeds.sound.iter().map(|feed| Heard::none(&*feed.maker, &stop)).collect();
        Self { pictures: Err(stop.clone()), packets: Err(stop), sound }
    }
}

/// The file that is read, and who still waits for what.
#[derive(Clone, Copy)]
struct Reader<'a> {
    media: &'a Media,
    info: &'a MediaInfo,
    /// Whether a want still is one.
    is_wanted: &'a (dyn Fn(usize) -> bool + Sync),
}

impl Reader<'_> {
    /// Microseconds from the first packet that the file's tables state: less is a file that was cut off.
    fn claimed(&self) -> Option<i64> {
        self.info.stated_ms.and_then(micros)
    }

    /// Microseconds that the file lasts, as far as the headers tell.
    fn length(&self) -> Option<i64> {
        self.info.duration_ms.and_then(micros)
    }

    /// When the file starts, microseconds by its container's clock, if its first packet comes at `first`.
    fn start(&self, first: i64) -> i64 {
        Origin::of(self.info).start(first)
    }

    /// The places of the streams of sound.
    fn sound(&self) -> Vec<usize> {
        let sound = self.info.streams.iter().filter(|stream| stream.kind == StreamKind::Audio);
        sound.map(|stream| stream.index as usize).collect()
    }

    fn unwanted(&self) -> Stop {
        self.media.stop(|| "Nobody wants it any more.".to_owned())
    }

    /// Why a read that is planned did not come to its end.
    fn unread(&self) -> Stop {
        self.media.stop(|| "The file could not be read to its end.".to_owned())
    }

    fn cut_off(&self, seen: i64, claimed: i64) -> Stop {
        self.media.stop(|| cut_off(seen, claimed))
    }
}

/// Feeds all makers; `is_wanted` says whether a want still is.
pub(crate) fn run(
    media: &Media,
    info: &MediaInfo,
    feeds: &mut Feeds,
    threads: u16,
    is_wanted: &(dyn Fn(usize) -> bool + Sync),
) -> Fed {
    if let Err(stop) = media.check_length() {
        return Fed::none(feeds, stop);
    }
    let reader = Reader { media, info, is_wanted };
    let mut packets = Packets::new(reader, &mut feeds.packets);
    let mut sound = Sound::new(reader, &mut feeds.sound);
    packets.walk();
    let others = Wants { pictures: false, packets: packets.is_open(), sound: sound.is_open() };
    let pictures = Pictures::new(reader, &feeds.pictures, threads);
    let sought = pictures.as_ref().map_or(Ok(Looked::Nobody), |pictures| look_up(reader, pictures, others));
    let is_alone = threads == 1;
    let mut rest =
        |pictures, wants| feed_the_rest(reader, pictures, wants, is_alone, &mut packets, &mut sound);
    let pictures = match (sought, &pictures) {
        (Ok(Looked::Found(index)), Some(pictures)) if is_alone => {
            let sought = pictures.seek(index);
            let _ = rest(None, others);
            sought
        }
        // The pictures are sought while the file is read for the others.
        (Ok(Looked::Found(index)), Some(pictures)) => thread::scope(|scope| {
            let seeking = scope.spawn(move || pictures.seek(index));
            let _ = rest(None, others);
            // A thread that panicked has ended the process by now.
            seeking.join().unwrap_or_else(|_| Err(reader.unread()))
        }),
        (Ok(Looked::Through), Some(pictures)) => rest(Some(pictures), Wants { pictures: true, ..others }),
        (sought, _) => {
            let _ = rest(None, others);
            sought.map(|_| ())
        }
    };
    Fed { pictures, packets: packets.outcome(), sound: sound.outcomes() }
}

/// How pictures are come by.
enum Looked {
    /// Nobody wants any.
    Nobody,
    /// By these key frames.
    Found(Index),
    /// While the file is read through.
    Through,
}

/// Looks the key frames up by the container's index; or says why there is nothing to feed.
fn look_up(reader: Reader<'_>, pictures: &Pictures<'_>, others: Wants) -> Result<Looked, Stop> {
    let lookup = plan::lookup(reader.media.container(), Wants { pictures: true, ..others });
    let Some(index) = pictures.index(lookup)? else { return Ok(Looked::Through) };
    match plan::way(&index.entries, reader.claimed(), reader.media.source.size()) {
        Way::Seeking => Ok(Looked::Found(index)),
        Way::CutOff { seen, claimed } => Err(reader.cut_off(seen, claimed)),
        Way::Through => Ok(Looked::Through),
    }
}

/// Reads the file through, as often as those need who still wait; gives what became of the pictures.
fn feed_the_rest(
    reader: Reader<'_>,
    pictures: Option<&Pictures<'_>>,
    wants: Wants,
    is_alone: bool,
    packets: &mut Packets<'_>,
    sound: &mut Sound<'_>,
) -> Result<(), Stop> {
    let mut outcome = Ok(());
    for read in plan::reads(reader.media.container(), wants) {
        let shown = pictures.filter(|_| read.pictures);
        let fed = feed(reader, shown, read, is_alone, packets, sound);
        if read.pictures {
            outcome = fed;
        }
    }
    outcome
}

/// Reads the file through once; gives what became of the pictures. Who is alone has no thread but its own for
/// sound.
fn feed(
    reader: Reader<'_>,
    pictures: Option<&Pictures<'_>>,
    read: Read,
    is_alone: bool,
    packets: &mut Packets<'_>,
    sound: &mut Sound<'_>,
) -> Result<(), Stop> {
    let mut demuxer = match reader.media.known_demuxer() {
        Ok(demuxer) => demuxer,
        Err(stop) => {
            if read.packets {
                packets.end(Err(stop.clone()));
            }
            if read.sound {
                sound.close(&stop);
            }
            return Err(stop);
        }
    };
    if read.packets {
        packets.begin();
    }
    thread::scope(|scope| {
        let elsewhere = Some(scope).filter(|_| !is_alone);
        let mut listening = read.sound.then(|| Listening::begin(sound, &demuxer, elsewhere));
        if let Some(listening) = &listening
            && !read.packets
            && pictures.is_none()
        {
            listening.read_alone(&mut demuxer);
        }
        let mut decoding = pictures.map(|pictures| Decoding::begin(pictures, scope, &mut demuxer));
        let mut takers: Vec<&mut dyn Taker> = Vec::new();
        if read.packets {
            takers.push(packets);
        }
        if let Some(listening) = listening.as_mut().filter(|listening| listening.is_wanted()) {
            takers.push(listening);
        }
        if let Some(Ok(decoding)) = &mut decoding {
            takers.push(decoding);
        }
        read_through(reader, &mut demuxer, takers);
        decoding.map_or(Ok(()), |decoding| decoding.and_then(Decoding::outcome))
    })
}

fn micros(ms: u64) -> Option<i64> {
    i64::try_from(ms).ok()?.checked_mul(1_000)
}

fn new_packet() -> Result<Packet, Stop> {
    Packet::new().map_err(|_| out_of_memory())
}

fn out_of_memory() -> Stop {
    Stop::Failed(Failure::worker("The worker ran out of memory."))
}
