//! Episodes by convention: a path and what it is. One table a convention.

mod folders;
mod releases;

use crate::Kind::Show;
use crate::table::check;

#[test]
fn number_by_file_and_show_by_folders() {
    check(
        Show,
        &[
            ("Show (2010)/Season 01/Show (2010) - S01E02 - Title.mkv", "Show (2010) S1 E2 | Title"),
            ("Show (2010)/Season 01/Show - s01e02.mkv", "Show (2010) S1 E2"),
            ("Show/Season 2/2x13 The End.mkv", "Show S2 E13 | The End"),
            ("Show/S03/Show.S03.E04.Name.Of.It.mkv", "Show S3 E4 | Name Of It"),
            ("Show/S01 - E05.mkv", "Show S1 E5"),
            ("Drama/Show/Specials/Show S00E01.mkv", "Show S0 E1"),
            ("Some Show S01E01.mkv", "Some Show S1 E1"),
            ("Season 1/Other Show S01E01.mkv", "Other Show S1 E1"),
            ("Show/Season 1/Épisode S01E07 – ça va.mkv", "Show S1 E7 | ça va"),
            ("Show/Season 1/S01E02.mkv", "Show S1 E2"),
            ("Show/Season 1/s01.e02.mkv", "Show S1 E2"),
            ("Show/Season 1/s01_e02.mkv", "Show S1 E2"),
            ("Show/Season 1/Season 1 Episode 2.mkv", "Show S1 E2"),
            ("Show/Season 1/Show Season 01, Episode 02 - Title.mkv", "Show S1 E2 | Title"),
            ("Show/Season 1/Show - 1x02 - Title.mkv", "Show S1 E2 | Title"),
            ("Show/Season 1/[1x02] Title.mkv", "Show S1 E2 | Title"),
            ("Show/Staffel 1/Show Staffel 1 Folge 2.mkv", "Show S1 E2"),
            ("Show/Season 1/Show S02E03.mkv", "Show S2 E3"),
            ("Show/Season 1 (2010)/S01E02.mkv", "Show S1 E2"),
            ("Show/Season 1/1080p/S01E02.mkv", "Show S1 E2"),
            ("Show/Season 1/Disc 1/S01E02.mkv", "Show S1 E2"),
            ("Show/1/S01E02.mkv", "Show S1 E2"),
            ("Show/Show Season 1/S01E02.mkv", "Show S1 E2"),
            ("Drama/Show Season 1/S01E02.mkv", "Show S1 E2"),
            ("Drama/Show.S01.1080p.BluRay-GRP/Show.S01E02.1080p.mkv", "Show S1 E2 | v 1080p"),
            ("Show.S01.1080p.BluRay-GRP/grp-show.s01e02.mkv", "Show S1 E2"),
            ("Doctor Who (2005)/DW S01/DW S01E02.mkv", "Doctor Who (2005) S1 E2"),
            ("TV/Show (2010)/Season 1/S01E02.mkv", "Show (2010) S1 E2"),
            ("Show S01E02 Title.mkv", "Show S1 E2 | Title"),
            ("Show (2010) - S01E02 - Title.mkv", "Show (2010) S1 E2 | Title"),
            ("Show.2010.S01E02.720p.mkv", "Show (2010) S1 E2 | v 720p"),
            ("S01E02.mkv", "S01E02 S1 E2"),
            ("Show/Season 10/Show S10E100.mkv", "Show S10 E100"),
        ],
    );
}

#[test]
fn shows_of_one_folder_are_told_apart() {
    check(
        Show,
        &[
            ("TV/Lost.S01E01.mkv", "Lost S1 E1"),
            ("TV/Dark.S01E01.mkv", "Dark S1 E1"),
            ("Series/ER.S01E01.mkv", "ER S1 E1"),
            ("Star Wars/Star.Wars.Andor.S01E01.mkv", "Star Wars Andor S1 E1"),
            ("Star Wars/Star.Wars.Rebels.S01E01.mkv", "Star Wars Rebels S1 E1"),
            ("The Office/The.Office.US.S01E01.mkv", "The Office S1 E1"),
            ("Doctor Who/Doctor.Who.2005.S01E01.mkv", "Doctor Who S1 E1"),
            ("Doctor Who (1963)/Doctor Who S01E01.mkv", "Doctor Who (1963) S1 E1"),
            ("Doctor Who (2005)/Doctor Who S01E01.mkv", "Doctor Who (2005) S1 E1"),
            ("Breaking Bad/BrBa S01E01.mkv", "Breaking Bad S1 E1"),
            ("Star Trek The Next Generation/TNG S01E01.mkv", "Star Trek The Next Generation S1 E1"),
            (
                "Law & Order Special Victims Unit/Law and Order S01E01.mkv",
                "Law & Order Special Victims Unit S1 E1",
            ),
            ("Show (2010)/Other S01E01.mkv", "Show (2010) S1 E1"),
            ("The Office (US)/Season 1/S01E01.mkv", "The Office (US) S1 E1"),
            ("The Office (UK)/Season 1/S01E01.mkv", "The Office (UK) S1 E1"),
        ],
    );
}

#[test]
fn titles_of_shows() {
    check(
        Show,
        &[
            ("24/Season 1/24 - S01E02.mkv", "24 S1 E2"),
            ("24/24 S01E02.mkv", "24 S1 E2"),
            ("Drama/24/24.S01E02.mkv", "24 S1 E2"),
            ("Drama/24/Season 1/S01E02.mkv", "24 S1 E2"),
            ("1923 (2022)/Season 1/1923 S01E02.mkv", "1923 (2022) S1 E2"),
            ("1923/Season 1/S01E02.mkv", "1923 S1 E2"),
            ("1899.S01E02.mkv", "1899 S1 E2"),
            ("Space 1999/Space 1999 S01E02.mkv", "Space 1999 S1 E2"),
            ("The 100/Season 1/The 100 S01E02.mkv", "The 100 S1 E2"),
            ("9-1-1/Season 1/9-1-1 S01E02.mkv", "9-1-1 S1 E2"),
            ("Show (2010-2015)/Season 1/S01E02.mkv", "Show (2010) S1 E2"),
            ("Show (2010- )/Season 1/S01E02.mkv", "Show (2010) S1 E2"),
            ("Show [1080p]/Season 1/S01E02.mkv", "Show S1 E2"),
            ("Show.2010.COMPLETE.1080p.BluRay/Season 1/S01E02.mkv", "Show (2010) S1 E2"),
            ("Show Seasons 1-5/Season 2/S02E02.mkv", "Show S2 E2"),
            ("Sherlock.2010.S01/Sherlock.S01E02.mkv", "Sherlock (2010) S1 E2"),
            ("Show Complete Series/Season 2/S02E02.mkv", "Show S2 E2"),
            ("Show S01-S05/Show S02/S02E02.mkv", "Show S2 E2"),
            ("Agents.of.S.H.I.E.L.D.S01E02.mkv", "Agents of S.H.I.E.L.D. S1 E2"),
            ("Show {tvdb-123}/Season 1/S01E02.mkv", "Show | tvdb 123 S1 E2"),
            ("Show (2010) {tmdb-123}/Season 1/S01E02.mkv", "Show (2010) | tmdb 123 S1 E2"),
            ("Show (2010) [tvdbid-123]/Season 1/S01E02.mkv", "Show (2010) | tvdb 123 S1 E2"),
            (
                "Show (2010) {imdb-tt0113277} {tvdb-1}/Season 1/S01E02.mkv",
                "Show (2010) | imdb tt0113277 | tvdb 1 S1 E2",
            ),
            ("The X-Files/Season 1/The X-Files - 1x02.mkv", "The X-Files S1 E2"),
            ("Mr. Robot/Season 1/Mr. Robot S01E02.mkv", "Mr. Robot S1 E2"),
        ],
    );
}

#[test]
fn several_episodes_in_one_file() {
    check(
        Show,
        &[
            ("Show/Season 1/Show - S01E02-E03 - Title.mkv", "Show S1 E2-3 | Title"),
            ("Show/Season 1/Show - S01E02E03.mkv", "Show S1 E2-3"),
            ("Show/Season 1/Show - S01E02+03.mkv", "Show S1 E2-3"),
            ("Show/Season 1/Show - S01E02-03.mkv", "Show S1 E2-3"),
            ("Show/Season 1/Show - 1x02-1x03.mkv", "Show S1 E2-3"),
            ("Show/Season 1/Show - 1x02x03.mkv", "Show S1 E2-3"),
            ("Show/Season 1/Show - S01E02-E03-E04 - Title.mkv", "Show S1 E2-4 | Title"),
            ("Show/Season 1/Show.S01E02E03.1080p.mkv", "Show S1 E2-3 | v 1080p"),
            ("Show/Season 1/Show S01E02 and S01E03.mkv", "Show S1 E2-3"),
            ("Show/Season 1/01-02 - Title.mkv", "Show S1 E1-2 | Title"),
            ("Show/Season 1/Show - 01-02 - Title.mkv", "Show S1 E1-2 | Title"),
            ("Show/Season 1/Episode 1-2.mkv", "Show S1 E1-2"),
            ("Show/Season 1/Show - S01E02 - 1080p.mkv", "Show S1 E2 | v 1080p"),
            ("Show/Season 1/Show - S01E01 1-23-45.mkv", "Show S1 E1 | 1-23-45"),
            ("Show/Season 1/Show - S01E02 - 24 Hours.mkv", "Show S1 E2 | 24 Hours"),
            ("Show/Season 1/Show - S01E02 - 3.mkv", "Show S1 E2 | 3"),
        ],
    );
}

#[test]
fn episodes_by_their_day() {
    check(
        Show,
        &[
            ("Show/Show - 2009-02-10 - Title.mkv", "Show S2009 2009-02-10 | Title"),
            ("Show/Show.2009.02.10.Title.720p.mkv", "Show S2009 2009-02-10 | Title | v 720p"),
            ("Show/Show 2009 02 10.mkv", "Show S2009 2009-02-10"),
            ("Show/2009/Show - 2009-02-10.mkv", "Show S2009 2009-02-10"),
            ("Show/Season 3/Show - 2009-02-10.mkv", "Show S3 2009-02-10"),
            ("Show/Show - 10.02.2009.mkv", "Show S2009 2009-02-10"),
            ("Show/Show - 13-02-2009.mkv", "Show S2009 2009-02-13"),
            ("Show/Show - 02-13-2009.mkv", "Show S2009 2009-02-13"),
            ("Show/Show - 02-10-2009.mkv", "Show S2009 2009-02-10"),
            ("Show/20090210.mkv", "Show S2009 2009-02-10"),
            ("Show 2009-02-10.mkv", "Show S2009 2009-02-10"),
            ("Show/Season 2010/Show S2010E05.mkv", "Show S2010 E5"),
            ("Show/2010/Show - 2010x05.mkv", "Show S2010 E5"),
        ],
    );
}

#[test]
fn specials() {
    check(
        Show,
        &[
            ("Show/Season 00/Show S00E01 - Title.mkv", "Show S0 E1 | Title"),
            ("Show/Specials/01 - Title.mkv", "Show S0 E1 | Title"),
            ("Show/Specials/Show SP01.mkv", "Show S0 E1"),
            ("Show/Show - SP02 - Title.mkv", "Show S0 E2 | Title"),
            ("Show/Season 1/Show SP03.mkv", "Show S0 E3"),
            ("Show/Show OVA 1.mkv", "Show S0 E1"),
            ("Show/Show - Special 4.mkv", "Show S0 E4"),
            ("Show/Show.special.avi", "Show S0 | Show special"),
            ("Show/Specials/Making of.mkv", "Show S0 | Making of"),
            ("Show/OVAs/Show - 01.mkv", "Show S0 E1"),
            ("Show/特典/01.mkv", "Show S0 E1"),
            ("Show/Show - NCOP.mkv", "Show S0 | Show - NCOP"),
            ("Show/Show - NCED 01.mkv", "Show S0 | Show - NCED 01"),
            ("Show/[Group] Show - NCED 02 [1080p].mkv", "Show S0 | Show - NCED 02"),
            ("Show/Season 1/Show - Creditless Opening 2.mkv", "Show S0 | Show - Creditless Opening 2"),
            ("Show/Season 1/Show - S00E101 - NCOP1.mkv", "Show S0 E101 | NCOP1"),
        ],
    );
}

#[test]
fn absolute_numbers() {
    check(
        Show,
        &[
            ("Show/[Group] Show - 04 [1080p].mkv", "Show #4 | v 1080p"),
            ("[Group] Show - 04 [1080p][0A1B2C3D].mkv", "Show #4 | v 1080p"),
            ("[Group] Show - 04v2 [1080p].mkv", "Show #4 | v 1080p"),
            ("Show/[Group] Show [04][1080p].mkv", "Show #4 | v 1080p"),
            ("Show/[Group]_Show_-_04_[720p].mkv", "Show #4 | v 720p"),
            ("Show/Show - 101 [720p].mkv", "Show #101 | v 720p"),
            ("Show/Show - 1015.mkv", "Show #1015"),
            ("Show/Show - 360 1080p.mkv", "Show #360 | v 1080p"),
            ("Show - 100 Days/[Group] Show - 100 Days - 01 (1080p).mkv", "Show - 100 Days #1 | v 1080p"),
            ("Show/Show - 04 - Title.mkv", "Show #4 | Title"),
            ("Show/01 - Foo.mkv", "Show #1 | Foo"),
            ("Show/01.mkv", "Show #1"),
            ("Show/01. Foo.mkv", "Show #1 | Foo"),
            ("Show/01 Foo.mkv", "Show #1 | Foo"),
            ("Show/ep234.mkv", "Show #234"),
            ("Show/Show ep234.mkv", "Show #234"),
            ("Show/E02 - Foo.mkv", "Show #2 | Foo"),
            ("Show/Episode 12.mkv", "Show #12"),
            ("Show/Folge 12 - Foo.mkv", "Show #12 | Foo"),
            ("Show/Show 01 of 08.mkv", "Show #1"),
            ("Show/Show (1 of 8) Title.mkv", "Show #1 | Title"),
            ("Show/1of8 Title.mkv", "Show #1 | Title"),
            ("Show/Show #12.mkv", "Show #12"),
            ("Show/Show - Part 2.mkv", "Show #2"),
            ("Show/Show-part2.mkv", "Show #2"),
            ("Show/Part 2 of 13.mkv", "Show #2"),
            ("Show/Teil 2 von 4 - Foo.mkv", "Show #2 | Foo"),
            ("Show/Show 04.mkv", "Show #4"),
            ("Show/Show_04.mkv", "Show #4"),
            ("Show/Season 1/01 - Foo.mkv", "Show S1 E1 | Foo"),
            ("Show/Season 1/01.mkv", "Show S1 E1"),
            ("Show/Season 2/Show - 04 [1080p].mkv", "Show S2 E4 | v 1080p"),
            ("Show/Season 2/ep04.mkv", "Show S2 E4"),
            ("Show/Season 2/Show 4 - Title.mkv", "Show S2 E4 | Title"),
            ("Mob Psycho 100/[Group] Mob Psycho 100 - 03 [720p].mkv", "Mob Psycho 100 #3 | v 720p"),
            ("Log Horizon 2/[Group] Log Horizon 2 - 05.mkv", "Log Horizon 2 #5"),
            ("One Piece/[Group] One Piece - 1071 (1080p) [AAAABBBB].mkv", "One Piece #1071 | v 1080p"),
            ("Show/Season 2/Show 4.mkv", "Show S2 E4"),
            ("Show/Season 1/04 Foo.mkv", "Show S1 E4 | Foo"),
            ("[Group] Show S2 - 04 [1080p].mkv", "Show S2 E4 | v 1080p"),
            ("Show 2nd Season/[Group] Show - 04.mkv", "Show S2 E4"),
            ("番組/第01話.mkv", "番組 #1"),
            ("番組/第０１話 タイトル.mkv", "番組 #1 | タイトル"),
            ("番組/第1季/第02集.mkv", "番組 S1 E2"),
            ("Сериал/Сезон 1/01 серия.mkv", "Сериал S1 E1"),
            ("Сериал/Сезон 1/Серия 2 - Имя.mkv", "Сериал S1 E2 | Имя"),
            ("드라마/시즌 1/드라마 3화.mkv", "드라마 S1 E3"),
            ("مسلسل/الموسم 1/الحلقة ٥.mkv", "مسلسل S1 E5"),
            ("Σειρά/Σεζόν 2/Επεισόδιο 3.mkv", "Σειρά S2 E3"),
            ("Dizi/1. Sezon/Dizi 3. Bölüm.mkv", "Dizi S1 E3"),
        ],
    );
}

#[test]
fn three_digits_are_season_and_episode_as_the_last_resort() {
    check(
        Show,
        &[
            ("Show/Show.102.mkv", "Show S1 E2"),
            ("Show/Show 102.mkv", "Show S1 E2"),
            ("Show/show.1102.hdtv.mkv", "Show S11 E2"),
            ("Show/Season 1/102 - Title.mkv", "Show S1 E2 | Title"),
            ("Show/Season 1/Show.102.mkv", "Show S1 E2"),
            ("Show/Season 2/Show.102.mkv", "Show S2 E102"),
            ("Show/Show - S01E02 - 102 Days.mkv", "Show S1 E2 | 102 Days"),
            ("Show/Show.1080.mkv", "Show | Show 1080"),
            ("Show/Show 2010.mkv", "Show | Show 2010"),
            ("Show/Show 100.mkv", "Show #100"),
        ],
    );
}

#[test]
fn a_name_without_numbers_is_kept_as_it_is() {
    check(
        Show,
        &[
            ("Show/Season 4/1920x1080 making of.mkv", "Show S4 | 1920x1080 making of"),
            ("Show/pilot.mkv", "Show | pilot"),
            ("lonely.mkv", "lonely | lonely"),
            ("Room 104/Room 104 - Pilot.mkv", "Room 104 | Room 104 - Pilot"),
            ("Show/7 Days.mkv", "Show | 7 Days"),
            ("Show/Season 1/Making of.mkv", "Show S1 | Making of"),
            ("Show (2010)/The Movie.mkv", "Show (2010) | The Movie"),
        ],
    );
}

#[test]
fn pieces_versions_and_release_names() {
    check(
        Show,
        &[
            ("Show/Season 1/Show - S01E02 - pt1.mkv", "Show S1 E2 | piece 1"),
            ("Show/Season 1/Show - S01E02-pt2.mkv", "Show S1 E2 | piece 2"),
            ("Show/Season 1/Show - S01E02 - part1.mkv", "Show S1 E2 | piece 1"),
            ("Show/Season 1/Show - S01E02 - Title-cd2.mkv", "Show S1 E2 | Title | piece 2"),
            ("Show/Season 1/Show 1x02a.mkv", "Show S1 E2 | piece 1"),
            ("Show/Season 1/Show 1x02.2.mkv", "Show S1 E2 | piece 2"),
            ("Show/Season 1/Show - S01E02 - Pilot - Part 1.mkv", "Show S1 E2 | Pilot - Part 1"),
            ("Show/Season 1/Show S01E02 The Plan Part 2.mkv", "Show S1 E2 | The Plan Part 2"),
            (
                "Show/Season 1/Show.S01E02.Title.Of.It.1080p.WEB-DL.DDP5.1.H.264-GRP.mkv",
                "Show S1 E2 | Title Of It | v 1080p",
            ),
            ("Show/Season 1/Show.S01E02.1080p.WEB.H264-GRP.mkv", "Show S1 E2 | v 1080p"),
            ("Show/Season 1/Show.S01E02.PROPER.HDTV.x264.mkv", "Show S1 E2"),
            ("Show/Season 1/Show.S01E02.Title.MULTi.1080p.mkv", "Show S1 E2 | Title | v 1080p"),
            ("Show/Season 1/Show - S01E02 - Title [1080p].mkv", "Show S1 E2 | Title | v 1080p"),
            (
                "Show/Season 1/Show - S01E02 - Title (2010) (1080p BluRay x265 GRP).mkv",
                "Show S1 E2 | Title (2010) | v 1080p",
            ),
            ("Show/Season 1/Show - S01E02v2.mkv", "Show S1 E2"),
        ],
    );
}

#[test]
fn extras_belong_to_a_show_a_season_or_an_episode() {
    check(
        Show,
        &[
            ("Show (2010)/Trailers/Teaser.mp4", "trailer | Teaser | Show (2010)"),
            ("Show/Extras/Making of.mkv", "other | Making of | Show"),
            ("Show/Season 1/Extras/Gag Reel.mkv", "other | Gag Reel | Show S1"),
            ("Show/Season 1/Deleted Scenes/One.mkv", "deleted-scene | One | Show S1"),
            ("Show/Season 1/Show - S01E02-deleted.mkv", "deleted-scene | Deleted scene | Show S1 E2"),
            ("Show/Season 1/Show - S01E02-trailer.mkv", "trailer | Trailer | Show S1 E2"),
            ("Show/Season 1/Gag Reel-other.mkv", "other | Gag Reel | Show S1"),
            ("Show/trailer.mp4", "trailer | Trailer | Show"),
            ("Show/Extras/Show S00E03 - Title.mkv", "Show S0 E3 | Title"),
            ("Show/Season 1/Show.S01E02.1080p.sample.mkv <small>", "sample | Sample | Show S1 E2"),
            ("Show/Season 1/Sample/show-s01e02-sample.mkv <small>", "sample | show-s01e02-sample | Show S1"),
            ("Show/Season 1/Show - S01E02 - The Interview.mkv", "Show S1 E2 | The Interview"),
            ("Show/Season 1/Show - S01E02-Other.mkv", "Show S1 E2 | Other"),
            ("Trailer Park Boys/Season 1/S01E02.mkv", "Trailer Park Boys S1 E2"),
            ("Scenes from a Marriage/Season 1/S01E02.mkv", "Scenes from a Marriage S1 E2"),
        ],
    );
}

#[test]
fn decomposed_names_are_the_composed_ones() {
    check(
        Show,
        &[
            ("Pole\u{301}mik/Season 1/Pole\u{301}mik S01E02 - E\u{301}te\u{301}.mkv", "Polémik S1 E2 | Été"),
            ("か\u{3099}んば/第2期/第03話.mkv", "がんば S2 E3"),
        ],
    );
}
