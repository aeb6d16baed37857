//! Films whose folder tells more than the file, and folders within a film's own.

use crate::Kind::Movie;
use crate::table::check;

#[test]
fn a_scene_s_file_is_its_folder_s_film() {
    check(
        Movie,
        &[
            (
                "How.To.Be.Single.2016.1080p.BluRay.x264-BLOW/blow-how.to.be.single.2016.1080p.bluray.x264.mkv",
                "How To Be Single (2016) | 1080p",
            ),
            ("Heat.REPACK.LiMiTED.DVDRip.XviD-ARROW/arw-repack-heat.dvdrip.xvid.avi", "Heat"),
            ("Alice in Wonderland DVDRip.XviD-GRP/dmd-aw.avi", "Alice in Wonderland"),
            ("Heat (1995)/08.03.09.Heat.(1995).BDRip.720p.mkv", "Heat (1995) | 720p"),
            ("Heat (1995)/XD607ebb-BRc59935-5155473f/XD607ebb-BRc59935-5155473f.avi", "Heat (1995)"),
            ("Trilogy.1080p.BluRay-GRP/grp-alien.1979.mkv", "grp-alien (1979)"),
            ("Cars.2006.BDRip-ARROW/Arrow-cars.2006.bdrip.mkv", "Cars (2006)"),
        ],
    );
}

#[test]
fn an_unknown_word_in_a_film_s_own_folder_tells_a_version() {
    check(
        Movie,
        &[
            ("Heat (1995)/Heat.HDLight.mkv", "Heat (1995)"),
            ("Heat (1995)/Heat.4KLight.mkv", "Heat (1995) | 4KLight"),
            ("Heat (1995)/Heat.EXTENDED.1995.1080p.mkv", "Heat (1995) | EXTENDED 1080p"),
            (
                "La Science des Rêves (2006)/La.Science.Des.Reves.FRENCH.DVDRip.avi",
                "La Science des Rêves (2006) | FRENCH",
            ),
            (
                "La Science des Rêves (2006)/La.Science.Des.Reves.Directors.Cut.avi",
                "La Science des Rêves (2006) | Directors Cut",
            ),
            ("Straße (1954)/Strasse.GERMAN.mkv", "Straße (1954) | GERMAN"),
            ("Über Uns (2001)/Ueber.Uns.mkv", "Über Uns (2001)"),
            ("Heat (1995)/Heat.FANRES.mkv", "Heat (1995) | FANRES"),
            ("Heat (1995)/Heat.abc.mkv", "Heat (1995) | abc"),
            ("Heat (1995)/Heat and Dust.mkv", "Heat and Dust"),
            ("Heat (1995)/Heat IV.mkv", "Heat IV"),
            ("Terminator (1984)/Terminator.Genisys.mkv", "Terminator Genisys"),
        ],
    );
}

#[test]
fn a_version_may_have_a_folder_of_its_own() {
    check(
        Movie,
        &[
            ("Heat (1995)/Heat (1995) - 2160p/BDMV/STREAM/00001.m2ts", "Heat (1995) | 2160p Blu-ray 00001"),
            ("Heat (1995)/Heat (1995) - 1080p/Heat (1995) - 1080p.mkv", "Heat (1995) | 1080p"),
            ("Heat (1995)/Extras/Bonus Disc/BDMV/STREAM/00001.m2ts", "other | 00001 | folder 1"),
            ("Heat (1995)/Ronin (1998)/Ronin (1998).mkv", "Ronin (1998)"),
        ],
    );
}
