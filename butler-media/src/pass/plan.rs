//! How a file is read for those who wait for something of it. Pure.
//!
//! The heads of packets are told by the container's tables where those can be walked (`walk.rs`), and
//! pictures are sought where an index tells all key frames; neither reads the file through. What is left is
//! fed by as few reads as can feed the same as one read for each. Start with [`way`] and [`reads`].

use crate::ffi::IndexEntry;
use crate::key_frames::{cut_at, is_whole};

/// What somebody still waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wants {
    pub(super) pictures: bool,
    pub(super) packets: bool,
    pub(super) sound: bool,
}

/// Where a container's key frames are looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lookup {
    /// In its index.
    Index,
    /// By the marks in a transport stream's packets.
    Marks,
    /// Nowhere.
    Nowhere,
}

/// Containers whose index tells key frames exactly, by libav's names.
const INDEXED: &[&str] = &["matroska", "mov", "avi"];

/// Where the key frames are looked up. Whoever looks for marks reads a transport stream whole: that is for
/// nothing if it is read through for others anyway, and the choice is the same.
pub(super) fn lookup(container: &str, wants: Wants) -> Lookup {
    match container {
        "mpegts" if wants.packets || wants.sound => Lookup::Nowhere,
        "mpegts" => Lookup::Marks,
        _ if INDEXED.contains(&container) => Lookup::Index,
        _ => Lookup::Nowhere,
    }
}

/// How pictures are come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// From one key frame of the index to the next that is wanted.
    Seeking,
    /// While the file is read from its start to its end.
    Through,
    /// Not at all: the index points past the file's end.
    CutOff { seen: i64, claimed: i64 },
}

/// Chooses the way: key frames of a whole index are sought, all else is found by reading through. Times are
/// microseconds.
pub(super) fn way(index: &[IndexEntry], duration: Option<i64>, size: u64) -> Way {
    match duration {
        Some(claimed) if is_whole(index, claimed) => match cut_at(index, size) {
            Some(seen) => Way::CutOff { seen, claimed },
            None => Way::Seeking,
        },
        _ => Way::Through,
    }
}

/// One read from the file's start to its end, and whom it feeds.
pub(super) type Read = Wants;

/// The reads that feed all who wait. Pictures have times worked out that an AVI does not tell; what is told
/// of its packets would depend on that, so they have a read of their own.
pub(super) fn reads(container: &str, wants: Wants) -> Vec<Read> {
    let reads = match wants {
        Wants { pictures: true, packets: true, .. } if container == "avi" => {
            let alone = Wants { pictures: false, packets: true, sound: false };
            vec![Wants { packets: false, ..wants }, alone]
        }
        wants => vec![wants],
    };
    reads.into_iter().filter(|read| read.pictures || read.packets || read.sound).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(seconds: &[i64]) -> Vec<IndexEntry> {
        seconds
            .iter()
            .map(|&second| IndexEntry {
                timestamp: second,
                micros: second * 1_000_000,
                place: second as u64 * 10,
            })
            .collect()
    }

    const fn wants([pictures, packets, sound]: [bool; 3]) -> Wants {
        Wants { pictures, packets, sound }
    }

    #[test]
    fn a_whole_index_is_sought_and_all_else_read_through() {
        let index = index(&[0, 5, 10]);
        assert_eq!(way(&index, Some(15_000_000), 101), Way::Seeking);
        assert_eq!(way(&index, Some(150_000_000), 101), Way::Through);
        assert_eq!(way(&index, None, 101), Way::Through);
        assert_eq!(way(&[], Some(15_000_000), 101), Way::Through);
    }

    #[test]
    fn an_index_that_points_past_the_end_saves_the_reading() {
        assert_eq!(
            way(&index(&[0, 5, 10]), Some(15_000_000), 100),
            Way::CutOff { seen: 10_000_000, claimed: 15_000_000 }
        );
    }

    #[test]
    fn a_transport_stream_that_is_read_through_anyway_is_not_searched_for_marks() {
        let lookup = |container, others| lookup(container, wants(others));
        assert_eq!(lookup("mpegts", [true, false, false]), Lookup::Marks);
        assert_eq!(lookup("mpegts", [true, true, false]), Lookup::Nowhere);
        assert_eq!(lookup("mpegts", [true, false, true]), Lookup::Nowhere);
        assert_eq!(lookup("matroska", [true, true, true]), Lookup::Index);
        assert_eq!(lookup("ogg", [true, false, false]), Lookup::Nowhere);
    }

    #[test]
    fn all_who_need_the_whole_file_share_one_read_but_for_the_packets_of_an_avi() {
        let all = wants([true, true, true]);
        assert_eq!(reads("mpeg", all), [all]);
        assert_eq!(reads("avi", all), [wants([true, false, true]), wants([false, true, false])]);
        assert_eq!(reads("avi", wants([false, true, true])), [wants([false, true, true])]);
        assert_eq!(reads("matroska", wants([false, false, true])), [wants([false, false, true])]);
        assert!(reads("matroska", wants([false; 3])).is_empty());
    }
}
