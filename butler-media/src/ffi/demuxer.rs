//! A demuxer over the shared descriptor: probing, opening, the container's index, seeking, packets.

use std::ffi::{CString, c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr;
use std::slice;
use std::sync::Arc;

use ffmpeg_next::ffi as av;

use super::{AvError, StreamHeader, micros, name};
use crate::source::{Source, Stopped};

/// Bytes that libav reads at once: little, for after a seek only the key frame is wanted, and large packets
/// go past it anyway.
const BUFFER_BYTES: usize = 32 << 10;

/// What a demuxer may use up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OpenOptions {
    /// Bytes that may be read to find out what the streams are.
    pub(crate) probe_bytes: i64,
    /// Streams.
    pub(crate) max_streams: c_int,
    /// Pixels of a picture that is decoded to find out what a stream is.
    pub(crate) max_pixels: u64,
    /// Decoders that may be used for that, by libav's names, with commas.
    pub(crate) decoders: &'static str,
}

/// What libav takes the content for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Probed {
    /// The demuxer's names, with commas.
    pub(crate) format: String,
    /// How sure it is, 0 to 100.
    pub(crate) score: c_int,
}

/// Asks which demuxer knows the content; a name with an extension is a hint that libav gives much weight.
pub(crate) fn probe(source: &Arc<Source>, name_hint: &str) -> Result<Probed, AvError> {
    let io = Io::new(Arc::clone(source))?;
    let url = CString::new(name_hint).unwrap_or_default();
    let mut format = ptr::null();
    // SAFETY: all pointers live for the call.
    let score = AvError::check(unsafe {
        av::av_probe_input_buffer2(io.context, &mut format, url.as_ptr(), ptr::null_mut(), 0, 0)
    })?;
    // SAFETY: success sets the format to one of libav's static ones.
    let format = name(unsafe { (*format).name }).unwrap_or_default();
    Ok(Probed { format, score })
}

/// libav's reading end of the shared descriptor, with a place of its own.
struct Io {
    context: *mut av::AVIOContext,
    state: *mut IoState,
}

struct IoState {
    source: Arc<Source>,
    place: u64,
}

impl Io {
    fn new(source: Arc<Source>) -> Result<Self, AvError> {
        let state = Box::into_raw(Box::new(IoState { source, place: 0 }));
        // SAFETY: `state` outlives the context, for both are freed together in `drop`.
        unsafe {
            let buffer = av::av_malloc(BUFFER_BYTES);
            let context = av::avio_alloc_context(
                buffer.cast(),
                BUFFER_BYTES as c_int,
                0,
                state.cast(),
                Some(read),
                None,
                Some(seek),
            );
            if buffer.is_null() || context.is_null() {
                av::av_free(buffer);
                drop(Box::from_raw(state));
                return Err(AvError::NO_MEMORY);
            }
            Ok(Self { context, state })
        }
    }
}

impl Drop for Io {
    fn drop(&mut self) {
        // SAFETY: made by `new`, freed once; libav may have replaced the buffer by another of its own making.
        unsafe {
            av::av_freep((&raw mut (*self.context).buffer).cast());
            av::avio_context_free(&mut self.context);
            drop(Box::from_raw(self.state));
        }
    }
}

unsafe extern "C" fn read(opaque: *mut c_void, buffer: *mut u8, length: c_int) -> c_int {
    // SAFETY: libav calls with the state that `Io::new` gave it, from the one thread that drives the demuxer.
    let state = unsafe { &mut *opaque.cast::<IoState>() };
    let Ok(length @ 1..) = usize::try_from(length) else {
        return av::AVERROR(libc::EINVAL);
    };
    // SAFETY: libav promises `length` bytes that may be written, though perhaps none that was.
    let buffer = unsafe { slice::from_raw_parts_mut(buffer.cast::<MaybeUninit<u8>>(), length) };
    match state.source.read_at(buffer, state.place) {
        Ok(0) => av::AVERROR_EOF,
        Ok(taken) => {
            state.place += taken as u64;
            taken as c_int
        }
        Err(Stopped::Cancelled) => av::AVERROR_EXIT,
        Err(Stopped::Errno(errno)) => av::AVERROR(errno),
        Err(Stopped::Fruitless) => av::AVERROR(libc::EIO),
    }
}

unsafe extern "C" fn seek(opaque: *mut c_void, offset: i64, whence: c_int) -> i64 {
    // SAFETY: as in `read`.
    let state = unsafe { &mut *opaque.cast::<IoState>() };
    let size = state.source.size() as i64;
    let target = match whence & !av::AVSEEK_FORCE {
        av::AVSEEK_SIZE => return size,
        libc::SEEK_SET => Some(offset),
        libc::SEEK_CUR => (state.place as i64).checked_add(offset),
        libc::SEEK_END => size.checked_add(offset),
        _ => None,
    };
    match target.and_then(|target| u64::try_from(target).ok()) {
        Some(place) => {
            state.place = place;
            place as i64
        }
        None => i64::from(av::AVERROR(libc::EINVAL)),
    }
}

unsafe extern "C" fn interrupted(opaque: *mut c_void) -> c_int {
    // SAFETY: the pointer is the demuxer's `IoState`, which outlives it.
    c_int::from(unsafe { &*opaque.cast::<IoState>() }.source.gauges.is_cancelled())
}

/// An entry of a container's index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IndexEntry {
    /// In the stream's own units, as [`Demuxer::seek`] wants it.
    pub(crate) timestamp: i64,
    /// The same in microseconds.
    pub(crate) micros: i64,
    /// Bytes from the file's start.
    pub(crate) place: u64,
}

/// An open container.
pub(crate) struct Demuxer {
    context: *mut av::AVFormatContext,
    io: Io,
}

// SAFETY: libav ties a demuxer to no thread, and `&mut self` keeps it to one at a time.
unsafe impl Send for Demuxer {}

impl Demuxer {
    /// Reads the headers with the demuxer of this name, which has to be one that [`probe`] named.
    pub(crate) fn open(source: &Arc<Source>, format: &str, options: &OpenOptions) -> Result<Self, AvError> {
        let first = CString::new(format.split(',').next().unwrap_or_default()).map_err(|_| AvError::WRONG)?;
        let io = Io::new(Arc::clone(source))?;
        // SAFETY: the context is handed to `avformat_open_input`, which frees it where it fails; `io`
        // outlives it in `Self`.
        unsafe {
            let format = av::av_find_input_format(first.as_ptr());
            if format.is_null() {
                return Err(AvError::WRONG);
            }
            let mut context = AvError::check_pointer(av::avformat_alloc_context())?;
            (*context).pb = io.context;
            (*context).flags |= av::AVFMT_FLAG_CUSTOM_IO;
            (*context).interrupt_callback =
                av::AVIOInterruptCB { callback: Some(interrupted), opaque: io.state.cast() };
            (*context).probesize = options.probe_bytes;
            (*context).max_streams = options.max_streams;
            let mut dictionary = ptr::null_mut();
            // Nothing that a container names is ever opened: no protocol is on the list.
            let list = CString::new(options.decoders).map_err(|_| AvError::WRONG)?;
            av::av_dict_set(&mut dictionary, c"protocol_whitelist".as_ptr(), c"none".as_ptr(), 0);
            av::av_dict_set(&mut dictionary, c"codec_whitelist".as_ptr(), list.as_ptr(), 0);
            let opened = av::avformat_open_input(&mut context, c"".as_ptr(), format, &mut dictionary);
            av::av_dict_free(&mut dictionary);
            AvError::check(opened)?;
            Ok(Self { context, io })
        }
    }

    /// Reads packets, and decodes the first pictures, until each stream is known or the limit is reached.
    pub(crate) fn find_stream_info(&mut self, options: &OpenOptions) -> Result<(), AvError> {
        let max_pixels =
            CString::new(options.max_pixels.min(i32::MAX as u64).to_string()).map_err(|_| AvError::WRONG)?;
        // SAFETY: one dictionary a stream, as the call wants it; each is freed after it, whatever it left
        // inside.
        unsafe {
            // Frame rates are the container's say; guessing them would cost 20 frames more.
            (*self.context).fps_probe_size = 0;
            let mut dictionaries = vec![ptr::null_mut(); self.stream_count()];
            for dictionary in &mut dictionaries {
                av::av_dict_set(dictionary, c"max_pixels".as_ptr(), max_pixels.as_ptr(), 0);
            }
            let found = av::avformat_find_stream_info(self.context, dictionaries.as_mut_ptr());
            dictionaries.iter_mut().for_each(|dictionary| av::av_dict_free(dictionary));
            AvError::check(found).map(|_| ())
        }
    }

    pub(super) fn context(&self) -> &av::AVFormatContext {
        // SAFETY: valid from `open` to `drop`.
        unsafe { &*self.context }
    }

    pub(super) const fn context_pointer(&self) -> *mut av::AVFormatContext {
        self.context
    }

    /// How many streams there are.
    pub(crate) fn stream_count(&self) -> usize {
        self.context().nb_streams as usize
    }

    pub(super) fn stream_pointer(&self, stream: usize) -> Option<*mut av::AVStream> {
        // SAFETY: libav keeps `nb_streams` valid pointers.
        (stream < self.stream_count()).then(|| unsafe { *self.context().streams.add(stream) })
    }

    /// What the headers say of a stream.
    pub(crate) fn stream(&self, stream: usize) -> Option<StreamHeader<'_>> {
        StreamHeader::new(self, stream)
    }

    /// Leaves all packets unread but the key frames of one stream, where the container allows it.
    pub(crate) fn read_only(&mut self, stream: usize) {
        self.discard(|other| {
            if other == stream { av::AVDiscard::AVDISCARD_NONKEY } else { av::AVDiscard::AVDISCARD_ALL }
        });
    }

    /// Leaves the packets of all other streams unread where the container allows it.
    pub(crate) fn read_whole(&mut self, streams: &[usize]) {
        self.discard(|stream| {
            if streams.contains(&stream) {
                av::AVDiscard::AVDISCARD_DEFAULT
            } else {
                av::AVDiscard::AVDISCARD_ALL
            }
        });
    }

    fn discard(&mut self, which: impl Fn(usize) -> av::AVDiscard) {
        for stream in 0..self.stream_count() {
            if let Some(pointer) = self.stream_pointer(stream) {
                // SAFETY: a valid stream; the field is the caller's to set.
                unsafe { (*pointer).discard = which(stream) };
            }
        }
    }

    /// Has the time at which a picture is shown worked out where the container only tells when it is decoded.
    pub(crate) fn work_out_times(&mut self) {
        // SAFETY: the context is valid, and its flags are the caller's to set between packets.
        unsafe { (*self.context).flags |= av::AVFMT_FLAG_GENPTS };
    }

    /// The key frames of a stream that the container's index tells, in its order; at most `most`.
    pub(crate) fn index(&mut self, stream: usize, most: usize) -> Vec<IndexEntry> {
        let Some(pointer) = self.stream_pointer(stream) else {
            return Vec::new();
        };
        // SAFETY: a valid stream; each entry is copied out before the next call.
        let (count, base) = unsafe { (av::avformat_index_get_entries_count(pointer), (*pointer).time_base) };
        let entry = |at, outside: bool| {
            // SAFETY: as above; null is asked for.
            let entry = unsafe { av::avformat_index_get_entry(pointer, at).as_ref()? };
            let is_key = entry.flags() & av::AVINDEX_KEYFRAME != 0;
            let is_outside = entry.flags() & av::AVINDEX_DISCARD_FRAME != 0;
            let place = u64::try_from(entry.pos).ok().filter(|_| is_key && (outside || !is_outside))?;
            Some(IndexEntry { timestamp: entry.timestamp, micros: micros(entry.timestamp, base)?, place })
        };
        let entries: Vec<_> = (0..count).filter_map(|at| entry(at, false)).take(most).collect();
        // Where an edit list leaves all key frames outside, the one before its beginning is the nearest there
        // is.
        if entries.is_empty() {
            (0..count).filter_map(|at| entry(at, true)).take(most).collect()
        } else {
            entries
        }
    }

    /// Goes to the key frame at or before a timestamp of the stream.
    pub(crate) fn seek(&mut self, stream: usize, timestamp: i64) -> Result<(), AvError> {
        // SAFETY: the context is valid, and libav checks the stream's number.
        AvError::check(unsafe {
            av::av_seek_frame(self.context, stream as c_int, timestamp, av::AVSEEK_FLAG_BACKWARD)
        })
        .map(|_| ())
    }

    /// Goes to a place, bytes from the file's start, where the container lets one begin anywhere.
    pub(crate) fn seek_to_place(&mut self, place: u64) -> Result<(), AvError> {
        let place = i64::try_from(place).map_err(|_| AvError::WRONG)?;
        // SAFETY: the context is valid; -1 stands for no stream, which has no say here.
        AvError::check(unsafe { av::av_seek_frame(self.context, -1, place, av::AVSEEK_FLAG_BYTE) })
            .map(|_| ())
    }

    /// The number of a stream in the packets of a transport stream.
    pub(crate) fn pid(&self, stream: usize) -> Option<u16> {
        // SAFETY: a valid stream.
        self.stream_pointer(stream).and_then(|pointer| u16::try_from(unsafe { (*pointer).id }).ok())
    }

    /// Reads the next packet into `packet`.
    pub(crate) fn read(&mut self, packet: &mut Packet) -> Result<(), AvError> {
        // SAFETY: both are valid; the old content is let go first.
        unsafe {
            av::av_packet_unref(packet.0);
            AvError::check(av::av_read_frame(self.context, packet.0))?;
            let pointer = self.stream_pointer((*packet.0).stream_index as usize).ok_or(AvError::WRONG)?;
            (*packet.0).time_base = (*pointer).time_base;
        }
        Ok(())
    }

    /// Reads the stream's next packet into `packet`, be it a key frame or not, after [`Self::read_only`].
    pub(crate) fn read_next_of(&mut self, stream: usize, packet: &mut Packet) -> Result<(), AvError> {
        /// Packets of other streams in between, which most containers leave out.
        const MAX_OTHERS: usize = 100;
        let pointer = self.stream_pointer(stream).ok_or(AvError::WRONG)?;
        // SAFETY: a valid stream; the field is the caller's to set.
        unsafe { (*pointer).discard = av::AVDiscard::AVDISCARD_DEFAULT };
        let mut outcome = Err(AvError::END);
        for _ in 0..MAX_OTHERS {
            outcome = self.read(packet);
            if outcome.is_err() || packet.stream() == stream {
                break;
            }
        }
        // SAFETY: as above.
        unsafe { (*pointer).discard = av::AVDiscard::AVDISCARD_NONKEY };
        outcome
    }

    /// Where the last read ended, bytes from the file's start.
    pub(crate) fn place(&self) -> u64 {
        // SAFETY: the state is alive as long as `io`, and no call into libav is under way.
        unsafe { (*self.io.state).place }
    }
}

impl Drop for Demuxer {
    fn drop(&mut self) {
        // SAFETY: opened by `open`, closed once; the custom `io` is left to its own drop, which comes after
        // this.
        unsafe { av::avformat_close_input(&mut self.context) };
    }
}

/// One coded picture or piece of sound.
pub(crate) struct Packet(*mut av::AVPacket);

// SAFETY: a packet owns its bytes by atomic reference counts.
unsafe impl Send for Packet {}

impl Packet {
    pub(crate) fn new() -> Result<Self, AvError> {
        // SAFETY: null is asked for.
        AvError::check_pointer(unsafe { av::av_packet_alloc() }).map(Self)
    }

    /// One that holds a copy of these bytes, which a decoder can begin with.
    pub(crate) fn of(bytes: &[u8]) -> Result<Self, AvError> {
        let packet = Self::new()?;
        let size = c_int::try_from(bytes.len()).map_err(|_| AvError::WRONG)?;
        // SAFETY: a fresh packet; success gives it `size` bytes of its own, padded as decoders want it.
        unsafe {
            AvError::check(av::av_new_packet(packet.0, size))?;
            ptr::copy_nonoverlapping(bytes.as_ptr(), (*packet.0).data, bytes.len());
            (*packet.0).flags |= av::AV_PKT_FLAG_KEY;
        }
        Ok(packet)
    }

    const fn get(&self) -> &av::AVPacket {
        // SAFETY: valid from `new` to `drop`.
        unsafe { &*self.0 }
    }

    pub(super) const fn pointer(&self) -> *mut av::AVPacket {
        self.0
    }

    /// The same once more: its bytes are shared.
    pub(crate) fn twin(&self) -> Result<Self, AvError> {
        // SAFETY: a valid packet; null is asked for.
        AvError::check_pointer(unsafe { av::av_packet_clone(self.0) }).map(Self)
    }

    /// Its stream's number.
    pub(crate) fn stream(&self) -> usize {
        self.get().stream_index as usize
    }

    /// Whether a decoder can begin with it.
    pub(crate) const fn is_key(&self) -> bool {
        self.get().flags & av::AV_PKT_FLAG_KEY != 0
    }

    /// Whether the container's edit list leaves it out: it is there for others to be decoded.
    pub(crate) const fn is_outside(&self) -> bool {
        self.get().flags & av::AV_PKT_FLAG_DISCARD != 0
    }

    /// When it is shown and when it is decoded, in the stream's own units; each stands for the other where
    /// the container names one.
    pub(crate) fn timestamps(&self) -> Option<(i64, i64)> {
        let packet = self.get();
        let [shown, decoded] =
            [packet.pts, packet.dts].map(|time| Some(time).filter(|&time| time != av::AV_NOPTS_VALUE));
        Some((shown.or(decoded)?, decoded.or(shown)?))
    }

    /// When it is shown, microseconds; where the container doesn't say, when it is decoded.
    pub(crate) fn micros(&self) -> Option<i64> {
        let packet = self.get();
        micros(packet.pts, packet.time_base).or_else(|| micros(packet.dts, packet.time_base))
    }

    /// How many bytes it has.
    pub(crate) const fn size(&self) -> u64 {
        self.bytes().len() as u64
    }

    /// Where it lies, bytes from the file's start, where the container tells.
    pub(crate) fn place(&self) -> Option<u64> {
        u64::try_from(self.get().pos).ok()
    }

    /// Whether the demuxer knows that some of it is missing or wrong.
    pub(crate) const fn is_corrupt(&self) -> bool {
        self.get().flags & av::AV_PKT_FLAG_CORRUPT != 0
    }

    /// How long it is shown, microseconds.
    pub(crate) fn duration_micros(&self) -> i64 {
        micros(self.get().duration, self.get().time_base).unwrap_or(0).max(0)
    }

    /// Its bytes.
    pub(super) const fn bytes(&self) -> &[u8] {
        let packet = self.get();
        if packet.data.is_null() || packet.size <= 0 {
            return &[];
        }
        // SAFETY: libav keeps `size` bytes at `data`.
        unsafe { slice::from_raw_parts(packet.data, packet.size as usize) }
    }
}

impl Drop for Packet {
    fn drop(&mut self) {
        // SAFETY: allocated by `new`, freed once.
        unsafe { av::av_packet_free(&mut self.0) };
    }
}
