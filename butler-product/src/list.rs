//! The list of products: a row a product, from which [`crate::ProductKind`], [`crate::Spec`] and
//! [`crate::Value`] are made.
//!
//! A row is `Kind = value`, or `Kind(parameters) = value`. The kind in snake case is its tag on the wire; the
//! value implements [`crate::Product`]. What the others need comes first.

/// Hands the list to the macro named.
macro_rules! products {
    ($make:ident) => {
        $make! {
            /// Container, duration, streams, chapters, rotation: what the headers say. See
            /// [`crate::media_info`].
            MediaInfo = crate::media_info::MediaInfo;
            /// Preview thumbnails while seeking; the pictures are in the blob. See [`crate::bif`].
            Bif(crate::bif::Params) = crate::bif::Summary;
            /// A picture of each chapter's beginning; the pictures are in the blob. See
            /// [`crate::chapter_thumbs`].
            ChapterThumbs = crate::chapter_thumbs::ChapterThumbs;
            /// Bytes over time, needed bandwidths and the map of key frames; the curve is in the blob. See
            /// [`crate::bandwidth`].
            Bandwidth = crate::bandwidth::Summary;
            /// How loud each sound is, by EBU R 128; its course is in the blob. See [`crate::loudness`].
            Loudness = crate::loudness::Loudness;
            /// Sound fingerprints of the first and last part; they are in the blob. See [`crate::chroma`].
            Chroma = crate::chroma::Summary;
            /// Where somebody speaks; the segments are in the blob. See [`crate::voice`].
            Voice = crate::voice::Summary;
            /// What a track sounds like, as a vector. See [`crate::sonic`].
            Sonic = crate::sonic::Sonic;
            /// What the tags inside an audio file say. See [`crate::tags`].
            Tags = crate::tags::Tags;
            /// What a picture file says of how it was taken. See [`crate::photo`].
            Photo = crate::photo::Photo;
            /// A blur of a picture's colours in a few characters. See [`crate::blur_hash`].
            BlurHash = crate::blur_hash::BlurHash;
            /// What the files of a season or album need of a network; derived. See
            /// [`crate::needed_bandwidth`].
            NeededBandwidth = crate::needed_bandwidth::NeededBandwidth;
            /// How loud an album is as a whole; derived. See [`crate::album_loudness`].
            AlbumLoudness = crate::album_loudness::AlbumLoudness;
        }
    };
}

pub(crate) use products;
