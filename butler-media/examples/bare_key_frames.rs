//! `bare_key_frames FILE [SECONDS]`: decodes the video's key frames nearest to each mark, on all cores, and
//! nothing else.
//!
//! The floor that `cargo bench -p butler --bench bif` holds the previews against: no scaling, no JPEG, no
//! check, no server, no sandbox. Matroska and MP4 are sought by their index. A transport stream has none:
//! there it takes the first key frame from each mark on, which is less than the nearest one asks for, since
//! that would have the stretch before the mark read too. Start with [`main`].
#![expect(clippy::print_stdout, reason = "it says how many pictures it decoded")]
#![expect(unsafe_code, reason = "the index and the discarding of packets have no safe call")]

use std::env;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;

use ffmpeg_next as av;
use ffmpeg_next::ffi;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let path = arguments.next().ok_or("bare_key_frames FILE [SECONDS]")?;
    let every = arguments.next().map_or(Ok(10), |seconds| seconds.parse::<i64>())? * 1_000_000;
    av::init()?;
    av::log::set_level(av::log::Level::Quiet);
    let threads = thread::available_parallelism()?.get();
    let next = AtomicI64::new(0);
    let decoded = thread::scope(|scope| {
        let (path, next) = (&path, &next);
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(move || one_thread(path, every, next))).collect();
        all.into_iter().map(|thread| thread.join().map_err(|_| "a thread fell")?).sum::<Result<usize>>()
    })?;
    println!("{decoded}");
    Ok(())
}

/// Decodes key frames of marks that no other thread took; gives how many pictures came.
fn one_thread(path: &str, every: i64, next: &AtomicI64) -> Result<usize> {
    let mut input = av::format::input(path)?;
    let video = input.streams().best(av::media::Type::Video).ok_or("no video")?;
    let (stream, base) = (video.index(), video.time_base());
    let mut context = av::codec::Context::from_parameters(video.parameters())?;
    context.set_threading(av::threading::Config { count: 1, ..Default::default() });
    let mut decoder = context.decoder().video()?;
    for other in input.streams() {
        let discard = if other.index() == stream {
            ffi::AVDiscard::AVDISCARD_NONKEY
        } else {
            ffi::AVDiscard::AVDISCARD_ALL
        };
        // SAFETY: a live stream; the field is the caller's to set.
        unsafe { (*other.as_ptr().cast_mut()).discard = discard };
    }
    let marks = (input.duration() + every - 1) / every;
    let to_base = |mark: i64| av::rescale::Rescale::rescale(&(mark * every), (1, 1_000_000), base);
    input.seek_to(stream, 0)?;
    let index = input.index_of(stream);
    let is_stream = input.format().name() == "mpegts";
    let start = input.start_time_of(stream);
    let mut decoded = 0;
    loop {
        let mark = next.fetch_add(1, Ordering::Relaxed);
        if mark >= marks {
            return Ok(decoded);
        }
        let wanted = if is_stream {
            start + to_base(mark)
        } else {
            *index.iter().min_by_key(|&&entry| (entry - to_base(mark)).abs()).ok_or("no index")?
        };
        input.seek_to(stream, wanted)?;
        let mut packet = av::Packet::empty();
        while packet.read(&mut input).is_ok() {
            if packet.stream() == stream && packet.is_key() {
                decoded += usize::from(decode(&mut decoder, &packet)?);
                break;
            }
        }
    }
}

/// Whether the key frame's picture came.
fn decode(decoder: &mut av::decoder::Video, packet: &av::Packet) -> Result<bool> {
    let mut frame = av::frame::Video::empty();
    decoder.send_packet(packet)?;
    decoder.send_eof()?;
    let came = decoder.receive_frame(&mut frame).is_ok();
    decoder.flush();
    Ok(came)
}

/// What the safe calls lack.
trait Raw {
    fn seek_to(&mut self, stream: usize, timestamp: i64) -> Result<()>;
    fn index_of(&mut self, stream: usize) -> Vec<i64>;
    fn start_time_of(&self, stream: usize) -> i64;
}

impl Raw for av::format::context::Input {
    fn seek_to(&mut self, stream: usize, timestamp: i64) -> Result<()> {
        // SAFETY: a live context.
        let sought = unsafe {
            ffi::av_seek_frame(self.as_mut_ptr(), stream as i32, timestamp, ffi::AVSEEK_FLAG_BACKWARD)
        };
        if sought < 0 { Err(Box::new(av::Error::from(sought))) } else { Ok(()) }
    }

    fn index_of(&mut self, stream: usize) -> Vec<i64> {
        // SAFETY: a live stream; each entry is copied before the next call.
        unsafe {
            let stream = *(*self.as_mut_ptr()).streams.add(stream);
            let entries = (0..ffi::avformat_index_get_entries_count(stream))
                .filter_map(|at| ffi::avformat_index_get_entry(stream, at).as_ref());
            entries
                .filter(|entry| entry.flags() & ffi::AVINDEX_KEYFRAME != 0)
                .map(|entry| entry.timestamp)
                .collect()
        }
    }

    fn start_time_of(&self, stream: usize) -> i64 {
        self.stream(stream).map_or(0, |stream| stream.start_time().max(0))
    }
}
