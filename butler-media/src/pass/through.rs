//! The one loop that reads a file's packets from its start to its end, for all who need it so.
//!
//! It decodes nothing and keeps no packet. One who takes no more leaves the others alone. Start with
//! [`read_through`].

use super::{Reader, new_packet};
use crate::ffi::{AvError, Demuxer, Packet};
use crate::open::Stop;

/// Packets that can't be read, one after another, before the rest is given up.
const MAX_BAD_PACKETS: usize = 64;
/// Packets between two looks at who still waits and how far it came.
const PACKETS_BETWEEN_LOOKS: usize = 64;

/// Who takes packets while a file is read through.
pub(super) trait Taker {
    /// Whether anybody still waits for what it makes of them.
    fn is_wanted(&self) -> bool;

    /// Takes the next packet; or takes no more, and says why.
    fn packet(&mut self, packet: &Packet) -> Result<(), Stop>;

    /// Learns that something could not be read.
    fn lost(&mut self) {}

    /// Learns that all was read, or why not; it is told nothing after that.
    fn end(&mut self, outcome: Result<(), Stop>);
}

/// Gives each packet to all takers.
pub(super) fn read_through(reader: Reader<'_>, demuxer: &mut Demuxer, mut takers: Vec<&mut dyn Taker>) {
    let outcome = read(reader, demuxer, &mut takers);
    takers.into_iter().for_each(|taker| taker.end(outcome.clone()));
}

fn read(reader: Reader<'_>, demuxer: &mut Demuxer, takers: &mut Vec<&mut dyn Taker>) -> Result<(), Stop> {
    let media = reader.media;
    let mut packet = new_packet()?;
    let (mut bad, mut since_look) = (0, 0);
    while bad <= MAX_BAD_PACKETS && !takers.is_empty() {
        match demuxer.read(&mut packet) {
            Ok(()) => bad = 0,
            Err(AvError::END) => break,
            Err(error) => {
                media.unless_stopped(error)?;
                takers.iter_mut().for_each(|taker| taker.lost());
                bad += 1;
                continue;
            }
        }
        since_look += 1;
        if since_look >= PACKETS_BETWEEN_LOOKS {
            since_look = 0;
            if media.must_stop() {
                break;
            }
            keep(takers, |taker| if taker.is_wanted() { Ok(()) } else { Err(reader.unwanted()) });
            media.source.gauges.done(demuxer.place(), media.source.size());
        }
        keep(takers, |taker| taker.packet(&packet));
    }
    // libav takes a read that was refused for the file's end.
    if media.must_stop() { Err(reader.unread()) } else { Ok(()) }
}

/// Keeps the takers that go on; the others learn why they don't.
fn keep(takers: &mut Vec<&mut dyn Taker>, mut go_on: impl FnMut(&mut dyn Taker) -> Result<(), Stop>) {
    takers.retain_mut(|taker| match go_on(&mut **taker) {
        Ok(()) => true,
        Err(stop) => {
            taker.end(Err(stop));
            false
        }
    });
}
