//! Episodes whose folders tell more than the file.

use crate::Kind::Show;
use crate::table::check;

#[test]
fn a_folder_may_be_called_like_the_one_episode_in_it() {
    check(
        Show,
        &[
            (
                "Scrubs/Season 06/Scrubs.S06E09.My.Perspective.DVDRip.XviD-WAT/scrubs.s06e09.dvdrip.xvid-wat.avi",
                "Scrubs S6 E9",
            ),
            (
                "Bones.S12E02.The.Brain.In.The.Bot.1080p.WEB-DL-R2D2/161219_06.mkv",
                "Bones S12 E2 | The Brain In The Bot | v 1080p",
            ),
            ("Show.S08E09.1080p.HEVC-GRP/afaae96ae7a140e0981ced2a79221751.mkv", "Show S8 E9 | v 1080p"),
            ("Unsorted/Show.S01E01.720p.HDTV/tbbt101.avi", "Show S1 E1 | v 720p"),
            ("Show.S01E01-E05.720p-GRP/Show.S01E03.720p.mkv", "Show S1 E3 | v 720p"),
            ("Show.S01E01-E05.720p-GRP/04.mkv", "Show S1 E4 | v 720p"),
        ],
    );
}

#[test]
fn a_file_that_says_nothing_is_the_one_episode_of_a_folder_above_it() {
    check(
        Show,
        &[
            ("Hollow Coast (2021)/S01E07/WEB-DL/1080p/abc.mkv", "Hollow Coast (2021) S1 E7"),
            ("Hollow Coast/Hollow.Coast.S02E03.720p-GRP/video/main.mkv", "Hollow Coast S2 E3 | v 720p"),
            ("[Group] Tin Harbour - 312 [720p]/tin.mkv", "Tin Harbour #312 | v 720p"),
            ("[Group] Tin Harbour - 312v2 [720p]/tin.mkv", "Tin Harbour #312 | v 720p"),
            ("[Group] Tin Harbour 312v1 [720p]/tin.mkv", "Tin Harbour #312 | v 720p"),
            // A folder of many is not one, and a file that tells its number is that.
            ("[Group] Tin Harbour - 01-12 [720p]/tin.mkv", "Tin Harbour - 01-12 | tin"),
            ("Hollow Coast/S01E07/WEB-DL/Other S03E04.mkv", "Other S3 E4"),
            ("Hollow Coast/Season 2/Episode 07/abc.mkv", "Hollow Coast S2 E7"),
            ("Hollow Coast/Season 2/E08 - Collision/x264.mkv", "Hollow Coast S2 E8 | Collision"),
            ("Hollow Coast/Season 2/Episode 09/S02E09.mkv", "Hollow Coast S2 E9"),
        ],
    );
}

#[test]
fn the_season_of_the_folder_tells_what_a_number_means() {
    check(
        Show,
        &[
            (
                "Only Fools and Horses/Series 1/1.01 Big Brother.mkv",
                "Only Fools and Horses S1 E1 | Big Brother",
            ),
            ("Only Fools and Horses/Series 1/1.02 Go West.mkv", "Only Fools and Horses S1 E2 | Go West"),
            ("The Office/Season 4/The Office [401] Fun Run.avi", "The Office S4 E1 | Fun Run"),
            ("Show Name/Show.Name.S01.720p-Grp/show.name.0106.720p.mkv", "Show Name S1 E6 | v 720p"),
            ("Show/Season 1/1 Pilot (1080p HD).mkv", "Show S1 E1 | Pilot | v 1080p"),
            ("Show/Season 1/7 Days.mkv", "Show S1 | 7 Days"),
            ("Show/Season 1/1-02 - Title.mkv", "Show S1 E2 | Title"),
            ("Show/Season 1/Show 1-02 - Title.mkv", "Show S1 E2 | Title"),
            ("Show/Season 1/Show - 04 - 1.50 Dollars.mkv", "Show S1 E4 | 1.50 Dollars"),
            ("Show/Season 2/1-02 - Title.mkv", "Show S2 E1-2 | Title"),
            ("Show/Season 9/9-10 - Title.mkv", "Show S9 E9-10 | Title"),
            ("Show/Season 1/0102 Title.mkv", "Show S1 E2 | Title"),
            ("Show/Season 1/Show02.mkv", "Show S1 E2"),
            ("Show/Season 1/grp-show-dl-720p-x264-102.mkv", "Show S1 E2"),
            ("Show/Season 10/Show [1009].mkv", "Show S10 E9"),
            ("Show/Season 3/[301] Title.mkv", "Show S3 E1 | Title"),
            ("The Show/Season 4/TheShow407.mkv", "The Show S4 E7"),
            ("Show/Show.S02.720p-Grp/grp-show0209.mkv", "Show S2 E9"),
            ("Show/1.05 Title.mkv", "Show S1 E5 | Title"),
            ("Show/Show 1.06 Title.mkv", "Show S1 E6 | Title"),
            ("Show/Show - 1.07 - Title.mkv", "Show S1 E7 | Title"),
            ("Show/Show 2010 1.50 Dollars.mkv", "Show | Show 2010 1.50 Dollars"),
        ],
    );
}

#[test]
fn a_show_whose_name_is_a_number_has_other_numbers_too() {
    check(
        Show,
        &[
            ("24/24 Season 2/24 - 05.mkv", "24 S2 E5"),
            ("24/Season 2/24 - 06.mkv", "24 S2 E6"),
            ("86/[Group] 86 - 01 [1080p].mkv", "86 #1 | v 1080p"),
            ("13 Series/13 Series S01E02.mkv", "13 Series S1 E2"),
            ("series 2009/series.2009.416.hdtv-grp.mkv", "series 2009 S4 E16"),
            ("24-7 Series/24-7 Series - S01E01.mkv", "24-7 Series S1 E1"),
            ("11.22.63/Season 1/11.22.63.106.hdtv-grp.mkv", "11 22 63 S1 E6"),
            ("10 Things/Season 1/10 Things 03.mkv", "10 Things S1 E3"),
            ("9-1-1/Season 2/9-1-1 - 04 - Title.mkv", "9-1-1 S2 E4 | Title"),
        ],
    );
}

#[test]
fn folders_of_seasons_and_shows_with_more_in_them() {
    check(
        Show,
        &[
            ("Psych/Psych S02 Season 2 Complete English DVD/Psych.S02E02.Title.avi", "Psych S2 E2 | Title"),
            ("[Site.com].Show.S02.Complete.720p.[Season.2.Full]/Show.S02E03.720p.mp4", "Show S2 E3 | v 720p"),
            ("Mary Bell/Mary Bell (DVD) - 01.mkv", "Mary Bell #1"),
            ("Show (2010)/SPs/[G] Show [NCOP].mkv", "Show (2010) S0 | Show [NCOP]"),
            ("Show (2010)/Specials & OVAs/[G] Show - 02.mkv", "Show (2010) S0 E2"),
            ("Show (2010)/NCOP/[G] Show NCOP2.mkv", "other | [G] Show NCOP2 | Show (2010)"),
            ("Show (2010)/映像特典/01.mkv", "other | 01 | Show (2010)"),
            ("Show (2010)/Arc Two/[G] Show - 02.mkv", "Show (2010) #2"),
            ("Films (2010)/Unsorted/[G] Show - 02.mkv", "Show #2"),
            ("Fireworks Series/我的人间烟火.Fireworks.Series.S01E01.mkv", "Fireworks Series S1 E1"),
        ],
    );
}

#[test]
fn the_folder_s_show_is_told_with_a_year_or_with_words_of_a_release_in_it() {
    check(
        Show,
        &[
            ("Harbour Watch/Harbour Watch 1987 The Long Night 3.avi", "Harbour Watch #3"),
            ("The 4K Garden/The 4K Garden S01E02.mkv", "The 4K Garden S1 E2"),
            ("Garden.1080p/Garden.1080p.S01E02.mkv", "Garden S1 E2"),
            ("Garden Show 1080p/Garden Show 1080p S01E02.mkv", "Garden Show S1 E2"),
            ("Garden (Miniserie) (2024)/S01E02.mkv", "Garden (2024) S1 E2"),
            ("Harbour Watch/HD 1080p: Harbour Watch.S03E16.Title.mkv", "Harbour Watch S3 E16 | Title"),
        ],
    );
}

#[test]
fn behind_the_folder_s_show_and_a_dash_stands_no_other_show() {
    check(
        Show,
        &[
            ("Harbour Watch/Harbour Watch - Livre V - Ep 23 - Le Quai.avi", "Harbour Watch #23 | Le Quai"),
            ("Harbour Watch/Harbour Watch - The Long Night - S01E02.mkv", "Harbour Watch S1 E2"),
            (
                "Harbour Watch/[Group].Harbour.Watch.-.Night.Shift.-.11.[1080p].mkv",
                "Harbour Watch #11 | v 1080p",
            ),
            ("Harbour - Watch/Harbour - Watch - Two - S01E02.mkv", "Harbour - Watch S1 E2"),
            // Without a dash it may be another one.
            ("Harbour/Harbour Watch - S01E02.mkv", "Harbour Watch S1 E2"),
            ("Harbour/Other - Harbour - S01E02.mkv", "Other - Harbour S1 E2"),
            ("Harbour Watch - Night Shift - 11.mkv", "Harbour Watch - Night Shift #11"),
        ],
    );
}

#[test]
fn an_episode_s_extra_lies_among_the_extras() {
    check(
        Show,
        &[
            (
                "Seinfeld/extras/Seinfeld.S05E01.The.Mango.Inside.Look.mkv",
                "other | The Mango Inside Look | Seinfeld S5 E1",
            ),
            ("Show/Season 2/Extras/Show - S02E03.mkv", "other | Extra | Show S2 E3"),
            ("Show/Extras/Show S00E03 - Title.mkv", "Show S0 E3 | Title"),
        ],
    );
}
