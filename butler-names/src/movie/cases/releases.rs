//! Films as release groups, collectors and fans name them: what is added to a title, in front and behind.

use crate::Kind::Movie;
use crate::table::check;

#[test]
fn words_that_are_added_to_a_title_are_no_part_of_it() {
    check(
        Movie,
        &[
            ("Heat.EXTENDED.1995.1080p.mkv", "Heat (1995) | EXTENDED 1080p"),
            ("Heat EXTENDED German DTS 720p BluRay x264-GRP.mkv", "Heat | EXTENDED German 720p"),
            ("Heat.COMPLETE.720p.x265.mkv", "Heat | COMPLETE 720p"),
            ("Heat.OM.1995.WEB-DLRip.mkv", "Heat (1995) | OM"),
            ("Heat.BDRipMux.720p.mkv", "Heat | 720p"),
            ("Heat.Director.Cut.Ita.Eng.VP9.webm", "Heat | Director Cut Ita Eng"),
            ("Heat_Criterion_Edition_(1995).avi", "Heat (1995) | Criterion Edition"),
            ("Heat [Ultimate Collector's Edition].1995.BRRip.mkv", "Heat (1995)"),
            ("Heat (VHS) [1995] Al Pacino.mkv", "Heat (1995) | Al Pacino"),
            ("Heat.NRK.WEB-DL.1080p.mkv", "Heat | NRK 1080p"),
            ("Heat.MUBI.WEB-DL.1080p.mkv", "Heat | MUBI 1080p"),
            (
                "Heat.1995.INTEGRAL VERSION LIMITED EDITION.1080p.BluRay.mkv",
                "Heat (1995) | INTEGRAL VERSION LIMITED EDITION 1080p",
            ),
            ("Heat 1995 SUBFORCED FRENCH DVDRiP XViD.mkv", "Heat (1995) | SUBFORCED FRENCH"),
            ("Heat.[Michael.Mann.1995].[Xvid].avi", "Heat (1995)"),
            ("Heat.Rogue.Cut.1995.mkv", "Heat (1995) | Rogue Cut"),
            ("Heat 1995 Rogue Cut 1080p.mkv", "Heat (1995) | Rogue Cut 1080p"),
            ("Heat.30th.Anniversary.Edition.1995.mkv", "Heat (1995) | 30th Anniversary Edition"),
            ("Fight Club French 1080p.mkv", "Fight Club | French 1080p"),
            ("Heat.German.1995.AC3.BDRip.mkv", "Heat (1995) | German"),
            ("Heat.The.Directors.Cut.1995.mkv", "Heat (1995) | The Directors Cut"),
            ("Heat.1995 Directors Cut.mkv", "Heat (1995) | Directors Cut"),
            ("Heat.ROADSHOW.1995.1080p.mkv", "Heat (1995) | ROADSHOW 1080p"),
            ("01 - Heat (1995).mkv", "Heat (1995)"),
            ("007 - Heat (1995).mkv", "007 - Heat (1995)"),
            ("Heat (1995).mp4.mkv", "Heat (1995)"),
            ("The English 1080p.mkv", "The English | 1080p"),
            ("Johnny English 1080p.mkv", "Johnny English | 1080p"),
            ("The Darjeeling Limited (2007).mkv", "The Darjeeling Limited (2007)"),
            ("The Final Cut (2004).mkv", "The Final Cut (2004)"),
            ("Uncut Gems 2019 1080p.mkv", "Uncut Gems (2019) | 1080p"),
            ("Free Fire 1080p.mkv", "Free Fire | 1080p"),
            ("The Life of JFK WEBRip.mkv", "The Life of JFK"),
        ],
    );
}

#[test]
fn a_group_or_a_count_in_front_is_no_part_of_the_title() {
    check(
        Movie,
        &[
            ("[Arid] Heat (BDRip 1920x1080).mkv", "Heat | 1920x1080"),
            ("[Group] Heat [Dual-Audio][BDRip 1920x804] [91FC62A8].mkv", "Heat | 1920x804"),
            ("[OCN] Heat 720p-NEXT.mkv", "Heat | 720p"),
            ("[Group] Heat [BD].mkv", "Heat"),
            ("[Group] Heat (Dual Audio).mkv", "Heat"),
            ("[Group].Heat.2.1995.1080p.mkv", "Heat 2 (1995) | 1080p"),
            ("[REC].2.2009.1080p.mkv", "[REC] 2 (2009) | 1080p"),
            ("[阿维达].Avida.2006.DVDRiP.avi", "Avida (2006)"),
            ("(1)Heat (1995).mkv", "Heat (1995)"),
            ("h265 - HEVC Heat 1080p.mkv", "Heat | 1080p"),
            ("[REC] (2007).mkv", "[REC] (2007)"),
            ("[新]映画の夜[字][再].mkv", "[新]映画の夜"),
            ("(500) Days of Summer.mkv", "(500) Days of Summer"),
        ],
    );
}

#[test]
fn the_year_may_stand_in_front_or_last() {
    check(
        Movie,
        &[
            ("Jurassic Park/1993- Jurassic Park.mkv", "Jurassic Park (1993)"),
            ("Jurassic Park/1997- The Lost World- Jurassic Park.mkv", "The Lost World- Jurassic Park (1997)"),
            ("Heat FRENCH BluRay 720p 1995 abc.mkv", "Heat (1995) | FRENCH abc"),
            ("2001 - A Space Odyssey.mkv", "2001 - A Space Odyssey"),
            ("Alien/1997. Alien Resurrection.mkv", "Alien Resurrection (1997)"),
            ("Alien/2004-Alien vs Predator.mkv", "Alien vs Predator (2004)"),
            ("2010- .mkv", "2010"),
            ("1917-1918 The War.mkv", "1917-1918 The War"),
        ],
    );
}
