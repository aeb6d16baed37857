//! Episodes as release groups, fans and broadcasters number them.

use crate::Kind::Show;
use crate::table::check;

#[test]
fn season_and_episode_in_further_forms() {
    check(
        Show,
        &[
            ("Show/Season 1/Show S01x02 Title.avi", "Show S1 E2 | Title"),
            ("Show/Show_S2_-_01v2_[720p].mkv", "Show S2 E1 | v 720p"),
            ("Show/Show.s06.01.1999.BDRip.mkv", "Show S6 E1 | 1999"),
            ("Show/Show S2 (Ep 6) Title.mkv", "Show S2 E6 | Title"),
            ("Show/Show Se.3 afl.3.mkv", "Show S3 E3"),
            ("Show/Show Se.1 afl.2-3-4 [VTM].mkv", "Show S1 E2-4"),
            ("Show/Show (S5E6-8.of.24) Title.mkv", "Show S5 E6-8 | Title"),
            ("Show/Show - S42 E10591 - 2015-01-27.mkv", "Show S42 E10591 on 2015-01-27"),
            ("Show/Show - S42 Ep10718 - Ep10722.mkv", "Show S42 E10718-10722"),
            ("Show/Show - 2010x15 - 2010x16.mkv", "Show S2010 E15-16"),
            ("Show/Show - 02x03 - x04 - Title.mkv", "Show S2 E3-4 | Title"),
            ("Show/Show-S07E12-31st_Century.mkv", "Show S7 E12 | 31st Century"),
            ("Show/Show - Temporada 4 [HDTV][Cap.408][Castellano].avi", "Show S4 E8"),
            ("Show/Show [Cap.112_114.Final].avi", "Show S1 E12-14"),
            ("Show/Show T01E02.mkv", "Show S1 E2"),
            ("Show/Show S01E02 & 03 Title.mkv", "Show S1 E2-3 | Title"),
            ("Show/grp-shows01e02-720p.mkv", "Show S1 E2 | v 720p"),
            ("Show/grp-show.s01e02.720p.mkv", "Show S1 E2 | v 720p"),
            ("www.site.org - Show.Name.S01E02.mkv", "Show Name S1 E2"),
            ("Show/Show.S01E02.Title.ITVX.WEBRip.mkv", "Show S1 E2 | Title"),
            ("Show/Show - S01E02.mp4.mkv", "Show S1 E2"),
            ("Show 2016 02 25 S20E142.mkv", "Show S20 E142 on 2016-02-25"),
        ],
    );
}

#[test]
fn the_season_may_stand_apart_from_the_number_or_alone() {
    check(
        Show,
        &[
            ("呪術廻戦/呪術廻戦 第2期 01話.mkv", "呪術廻戦 S2 E1"),
            ("呪術廻戦/呪術廻戦 第2期 02話.mkv", "呪術廻戦 S2 E2"),
            ("Show/Show 2nd Season - 04.mkv", "Show S2 E4"),
            ("Show/Episode 14 Show (saison 2) VOSTFR.mkv", "Show S2 E14 | Show (saison 2) VOSTFR"),
            ("Show/Show.S05.1080p.BluRay.x264-GRP.mkv", "Show S5 | Show S05"),
            ("Show.S05.1080p.BluRay.x264-GRP.mkv", "Show S5 | Show S05"),
            ("Show/Show.S07D1.NTSC.DVDR-GRP.mkv", "Show S7 | Show S07D1 NTSC"),
            ("Show/Show.1xAll.mkv", "Show S1 | Show 1xAll"),
            ("Show/Show - 04 - Season 2 recap.mkv", "Show #4 | Season 2 recap"),
        ],
    );
}

#[test]
fn numbers_in_words_and_of_parts() {
    check(
        Show,
        &[
            ("Show/Season One/02 - Title.mkv", "Show S1 E2 | Title"),
            ("Show.Season.Two.1080p/Show.Part.1.mkv", "Show S2 E1"),
            ("Show/Show - Episode One.mkv", "Show #1"),
            ("the Show/the.Show.101.102.hdtv-grp.mkv", "the Show S1 E1-2"),
            ("Show/Show.31112.hdtv-grp.mkv", "Show S3 E11-12"),
            ("Show/Show.101.202.hdtv-grp.mkv", "Show | Show 101 202"),
            ("Show/Show.31114.hdtv-grp.mkv", "Show | Show 31114"),
            ("Show/Show Part II.mkv", "Show #2"),
            ("Show/Show.Pt.IV.720p.mkv", "Show #4 | v 720p"),
            ("Show/Show.Vol.2.mkv", "Show #2"),
            ("Show/Show-x02-Title.mkv", "Show S0 E2 | Title"),
            ("Show II/[Group] Show II - 03.mkv", "Show II #3"),
        ],
    );
}

#[test]
fn only_a_marked_or_glued_number_ends_a_range() {
    check(
        Show,
        &[
            ("Show/Season 2/Episode 21 - 94 Meetings.mp4", "Show S2 E21 | 94 Meetings"),
            ("Show/Season 2/01 - 24 Hours.mkv", "Show S2 E1 | 24 Hours"),
            ("Show/Show - 11 - 51 Ways.mkv", "Show #11 | 51 Ways"),
            ("Show/Show 13-16.mkv", "Show #13-16"),
            ("Show/[Group] Show 13 & 14 [720p].mkv", "Show #13-14 | v 720p"),
            ("Show/Season 1/01 & 02 - Title.mkv", "Show S1 E1-2 | Title"),
            ("Show/[Group] Show - 01+02 [720p].mkv", "Show #1-2 | v 720p"),
            ("Show/[Group] Show - (01-04) [1080p].mkv", "Show #1-4 | v 1080p"),
            ("Show/[Group] Show - 01v2-03v2 (1280x720).mkv", "Show #1-3 | v 1280x720"),
        ],
    );
}

#[test]
fn fans_count_through_all_seasons() {
    check(
        Show,
        &[
            ("One Piece/[ISLAND]One_Piece_679_[VOSTFR]_[720p].mkv", "One Piece #679 | v 720p"),
            ("Show/Show 484 VOSTFR par Group (1280x720).mkv", "Show #484 | VOSTFR par Group | v 1280x720"),
            ("Gundam/[Grp]_Gundam_-_01v2_[1280x720][4863FBE8].mkv", "Gundam #1 | v 1280x720"),
            ("D.Gray-man/[KLF]_D.Gray-man_04V2.avi", "D Gray-man #4"),
            ("Show/37 [Group]_Show_-_37v2_[XviD][6FA7D273].avi", "Show #37"),
            ("Show Two/[Group]_[Others][Rip]_Show_Two_Ep01_(a1fc58a7).mkv", "Show Two #1"),
            ("[Group][Others] Show [04][1080p].mkv", "Show #4 | v 1080p"),
            ("Show ED/[Group]_Show_ED2_(704x480_DVD_AAC)_[3B65D1E6].mkv", "Show ED #2 | v 704x480"),
            ("Show/Show2 Title.mkv", "Show | Show2 Title"),
            ("Show/[Group][番組 _ Show][05][1080P].mkv", "Show #5 | v 1080P"),
            ("Show/[Group][番組][Show][2019][215 END][1080P].mkv", "Show #215 | v 1080P"),
            ("Title/[Group][番組][Title_Two][04][1080P].mkv", "Title Two #4 | v 1080P"),
            ("Naruto/[Group] Naruto Shippuuden - 01 [720p].mkv", "Naruto Shippuuden #1 | v 720p"),
            ("Show/[Group] Show 14 Title Part 2.mp4", "Show #14 | Title Part 2"),
            ("Show/221206 Show ep08(Guest).ts", "Show #8 | Guest"),
            ("One Piece/One Piece - 720.mkv", "One Piece #720"),
            ("Show/[Group] Show - 12END [1080p].mkv", "Show #12 | v 1080p"),
            ("Show/[Group] Show - 12 END [1080p].mkv", "Show #12 | END | v 1080p"),
            ("Show Name 01 [1080p].mkv", "Show Name #1 | v 1080p"),
            ("Show.Name.102.HDTV.mkv", "Show Name S1 E2"),
            ("Show Name 01.mkv", "Show Name 01 | Show Name 01"),
        ],
    );
}

#[test]
fn what_stands_between_two_episodes_is_neither_of_them() {
    check(
        Show,
        &[
            ("Show/Season 1/Show - S01E10.mkv", "Show S1 E10"),
            ("Show/Season 1/Show - S01E10.5 - Recap.mkv", "Show S0 | Show - S01E10.5 - Recap"),
            ("Show/[Group] Show - 07.5 - Recap [720p].mkv", "Show S0 | Show - 07.5 - Recap"),
            ("Show/[Group] Show - 05.5 - S00E01 - Recap.mkv", "Show S0 E1 | Recap"),
            ("Show/Season 0.5/01.mkv", "Show S0 | Season 0.5 - 01"),
            ("Show/Specials/01.mkv", "Show S0 E1"),
        ],
    );
}

#[test]
fn days_beside_numbers_and_in_words() {
    check(
        Show,
        &[
            ("Turkish show/Turkish show 60.Bolum (31.01.2023).mkv", "Turkish show #60 on 2023-01-31"),
            ("Show/Show.E56.190121.720p-NEXT.mp4", "Show #56 on 2019-01-21 | v 720p"),
            ("Show/Show E76 2024 08 08 1080p.mkv", "Show S2024 2024-08-08 | v 1080p"),
            ("Show/Show 5th Mar 2025 1080p.mkv", "Show S2025 2025-03-05 | v 1080p"),
            ("Show/Show.140722.720p.HDTV.mkv", "Show S2014 2014-07-22 | v 720p"),
            ("Show/Show - S02E02 - Title (14-01-2008) [Rip].avi", "Show S2 E2 on 2008-01-14 | Title [Rip]"),
            ("Show/Show - 101 (01) - 20101123 - Title.avi", "Show S1 E1 on 2010-11-23 | Title"),
            ("Show/Show - 101 (2010-11-23) Title.avi", "Show S1 E1 on 2010-11-23 | Title"),
            ("Show/Show - 2010-11-23 - 101.avi", "Show S2010 2010-11-23 | 101"),
            ("Show/Show.101.Event.2010.11.23.HDTV.mkv", "Show S1 E1 on 2010-11-23 | Event"),
            ("Show/Show.100.Event.2010.11.23.HDTV.mkv", "Show S1 E0 on 2010-11-23 | Event"),
            ("Show/Season 2/Show.100.Event.2010.11.23.mkv", "Show S2 2010-11-23"),
        ],
    );
}
