//! A playlist as players read it: extended M3U in UTF-8.

use std::fs;
use std::path::{Path, PathBuf};

use butler_client::NearTrack;

use crate::exit::Exit;
use crate::print::error::Trouble;

/// Reads the name of a playlist's file: no other file is ever written over.
pub(super) fn file_name(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    let extension = path.extension().map(|extension| extension.to_ascii_lowercase());
    match extension {
        Some(extension) if extension == "m3u8" || extension == "m3u" => Ok(path),
        _ => Err("it takes the name of a playlist, which ends with .m3u8".into()),
    }
}

/// Writes a playlist.
pub(super) fn write(path: &Path, tracks: &[NearTrack]) -> Result<(), Trouble> {
    let unwritten = || Trouble::new(Exit::Failed, format!("`{}` was not written.", path.display()));
    // A line's end in a name would make two entries of it, and players know no way to say it otherwise.
    if let Some(file) =
        tracks.iter().filter_map(|track| track.file.as_deref()).find(|file| file.contains(['\n', '\r']))
    {
        return Err(unwritten().hint(format!("A playlist can't name `{}`: rename it.", file.escape_debug())));
    }
    fs::write(path, text(tracks)).map_err(|error| unwritten().cause(&error))
}

fn text(tracks: &[NearTrack]) -> String {
    let mut text = String::from("#EXTM3U\n");
    for track in tracks {
        let Some(file) = &track.file else { continue };
        let artist = track.artist.as_deref().map(|artist| format!("{artist} - ")).unwrap_or_default();
        let name: String = format!("{artist}{}", track.title).replace(char::is_control, " ");
        // -1 stands for a length that is not known.
        let seconds = track.duration_ms.map_or(-1, |ms| i64::try_from(ms.div_ceil(1_000)).unwrap_or(-1));
        text.push_str(&format!("#EXTINF:{seconds},{name}\n{file}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track(title: &str, file: Option<&str>) -> NearTrack {
        NearTrack { title: title.into(), file: file.map(Into::into), ..NearTrack::default() }
    }

    #[test]
    fn each_track_has_its_length_its_name_and_its_path() {
        let known = NearTrack {
            artist: Some("Can".into()),
            duration_ms: Some(183_400),
            ..track("Moonshake", Some("/music/Can/03 - Moonshake.flac"))
        };
        let all = [known, track("Two\nlines", Some("/music/2.mp3")), track("Gone", None)];
        assert_eq!(
            text(&all),
            "#EXTM3U\n#EXTINF:184,Can - Moonshake\n/music/Can/03 - Moonshake.flac\n#EXTINF:-1,Two lines\n/music/2.mp3\n"
        );
    }

    #[test]
    fn only_playlists_are_written_and_no_path_becomes_two() {
        assert!(file_name("road.m3u8").is_ok() && file_name("a/Road.M3U").is_ok());
        for wrong in ["road", "road.flac", ".m3u8", ""] {
            assert!(file_name(wrong).is_err(), "{wrong}");
        }
        let folder = butler_fixtures::tempdir().unwrap();
        let path = folder.path().join("road.m3u8");
        assert!(write(&path, &[track("x", Some("/music/a\nb.mp3"))]).is_err() && !path.exists());
        write(&path, &[track("x", Some("/music/a.mp3"))]).unwrap();
        write(&path, &[]).unwrap();
        assert_eq!(fs::read_to_string(path).unwrap(), "#EXTM3U\n");
    }
}
