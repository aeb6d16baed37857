//! Films by convention: a path and what it is. One table a convention.

mod folders;
mod releases;

use crate::Kind::Movie;
use crate::table::check;

#[test]
fn title_and_year_in_file_or_folder() {
    check(
        Movie,
        &[
            ("Heat (1995).mkv", "Heat (1995)"),
            ("Heat (1995)/Heat (1995).mkv", "Heat (1995)"),
            ("Heat (1995)/Heat.mkv", "Heat (1995)"),
            ("Heat (1995)/movie.mkv", "Heat (1995)"),
            ("Heat (1995)/Movie.mkv", "Heat (1995)"),
            ("Heat (1995)/video.mp4", "Heat (1995)"),
            ("Action/Heat (1995)/Heat (1995).mkv", "Heat (1995)"),
            ("H/Heat (1995)/heat.mkv", "Heat (1995)"),
            ("Heat [1995].mkv", "Heat (1995)"),
            ("Heat {1995}.mkv", "Heat (1995)"),
            ("Heat.(1995).mkv", "Heat (1995)"),
            ("Heat_(1995).mkv", "Heat (1995)"),
            ("Heat(1995).mkv", "Heat (1995)"),
            ("Heat - 1995.mkv", "Heat (1995)"),
            ("Heat - (1995).mkv", "Heat (1995)"),
            ("Heat.1995.mkv", "Heat (1995)"),
            ("Heat 1995.mkv", "Heat (1995)"),
            ("Heat_1995.mkv", "Heat (1995)"),
            ("(1995) Heat.mkv", "Heat (1995)"),
            ("[1995] Heat.mkv", "Heat (1995)"),
            ("Heat/Heat (1995).mkv", "Heat (1995)"),
            ("Heat/Heat.mkv", "Heat"),
            ("Heat/movie.mkv", "Heat"),
            ("Heat (1995)/(1995).mkv", "Heat (1995)"),
            ("Wild.Strawberries.mkv", "Wild Strawberries"),
            ("wild_strawberries.mkv", "wild strawberries"),
            ("Mr. Nobody.mkv", "Mr. Nobody"),
            ("Films/noname", "noname"),
            ("Mr. & Mrs. Smith (2005).mkv", "Mr. & Mrs. Smith (2005)"),
            (
                "Dr. Strangelove or How I Learned to Stop Worrying and Love the Bomb (1964).mkv",
                "Dr. Strangelove or How I Learned to Stop Worrying and Love the Bomb (1964)",
            ),
            ("What's Up, Doc (1972).mkv", "What's Up, Doc (1972)"),
            ("Mission - Impossible (1996).mkv", "Mission - Impossible (1996)"),
            ("Star Wars - Episode IV - A New Hope (1977).mkv", "Star Wars - Episode IV - A New Hope (1977)"),
            (
                "Leon - The Professional (1994)/Leon - The Professional (1994).mkv",
                "Leon - The Professional (1994)",
            ),
            (
                "The Assassination of Jesse James by the Coward Robert Ford (2007).mkv",
                "The Assassination of Jesse James by the Coward Robert Ford (2007)",
            ),
            ("Heat (1995) .mkv", "Heat (1995)"),
            ("  Heat (1995).mkv", "Heat (1995)"),
            ("Heat.mkv", "Heat"),
            ("A.mkv", "A"),
        ],
    );
}

#[test]
fn numbers_and_years_in_titles() {
    check(
        Movie,
        &[
            ("2001 A Space Odyssey (1968).mkv", "2001 A Space Odyssey (1968)"),
            ("2001 - A Space Odyssey (1968).mkv", "2001 - A Space Odyssey (1968)"),
            ("2001.A.Space.Odyssey.1968.1080p.BluRay.mkv", "2001 A Space Odyssey (1968) | 1080p"),
            ("2001 A Space Odyssey.mkv", "2001 A Space Odyssey"),
            ("2010 The Year We Make Contact (1984).mkv", "2010 The Year We Make Contact (1984)"),
            ("2010.The.Year.We.Make.Contact.1984.1080p.mkv", "2010 The Year We Make Contact (1984) | 1080p"),
            ("1917 (2019).mkv", "1917 (2019)"),
            ("1917 (2019)/1917.mkv", "1917 (2019)"),
            ("1917.2019.1080p.BluRay.x264-GRP.mkv", "1917 (2019) | 1080p"),
            ("1917.mkv", "1917"),
            ("2012 (2009).mkv", "2012 (2009)"),
            ("2012 (2009)/2012.mkv", "2012 (2009)"),
            ("2012.2009.720p.mkv", "2012 (2009) | 720p"),
            ("2012.mkv", "2012"),
            ("1984 (1984).mkv", "1984 (1984)"),
            ("1984.1984.mkv", "1984 (1984)"),
            ("1984 (1956)/1984.mkv", "1984 (1956)"),
            ("1941 (1979).mkv", "1941 (1979)"),
            ("1408 (2007).mkv", "1408 (2007)"),
            ("1408.2007.Directors.Cut.720p.mkv", "1408 (2007) | Directors Cut 720p"),
            ("Blade Runner 2049 (2017).mkv", "Blade Runner 2049 (2017)"),
            ("Blade.Runner.2049.2017.2160p.UHD.mkv", "Blade Runner 2049 (2017) | 2160p"),
            ("Blade Runner 2049.mkv", "Blade Runner 2049"),
            ("Blade.Runner.2049.1080p.mkv", "Blade Runner 2049 | 1080p"),
            ("Blade Runner (2049) (2017).mkv", "Blade Runner (2049) (2017)"),
            ("Blade Runner 2049 (2017)/Blade Runner 2049.mkv", "Blade Runner 2049 (2017)"),
            ("Wonder Woman 1984 (2020).mkv", "Wonder Woman 1984 (2020)"),
            ("Wonder Woman 1984 (2020)/Wonder Woman 1984.mkv", "Wonder Woman 1984 (2020)"),
            ("Wonder Woman 1984 (2020)/Wonder.Woman.1984.1080p.mkv", "Wonder Woman 1984 (2020) | 1080p"),
            ("Wonder.Woman.1984.2020.1080p.mkv", "Wonder Woman 1984 (2020) | 1080p"),
            ("Death Race 2000 (1975).mkv", "Death Race 2000 (1975)"),
            ("Death Race 2000 (1975)/Death Race 2000.mkv", "Death Race 2000 (1975)"),
            ("Class of 1999.mkv", "Class of 1999"),
            ("Class of 1984 (1982).mkv", "Class of 1984 (1982)"),
            ("Summer 1993 in Berlin.mkv", "Summer 1993 in Berlin"),
            ("300 (2006).mkv", "300 (2006)"),
            ("300.2006.1080p.mkv", "300 (2006) | 1080p"),
            ("9 (2009).mkv", "9 (2009)"),
            ("M (1931).mkv", "M (1931)"),
            ("Se7en (1995).mkv", "Se7en (1995)"),
            ("12 Angry Men (1957).mkv", "12 Angry Men (1957)"),
            ("21 Jump Street (2012).mkv", "21 Jump Street (2012)"),
            ("(500) Days of Summer (2009).mkv", "(500) Days of Summer (2009)"),
            ("10,000 BC (2008).mkv", "10,000 BC (2008)"),
            ("THX 1138 (1971).mkv", "THX 1138 (1971)"),
            ("THX.1138.1971.mkv", "THX 1138 (1971)"),
            ("Apollo.13.1995.mkv", "Apollo 13 (1995)"),
            ("Ocean's 11 (1960).mkv", "Ocean's 11 (1960)"),
            ("[REC] (2007).mkv", "[REC] (2007)"),
            ("[REC] 2 (2009).mkv", "[REC] 2 (2009)"),
            ("Birthday 2012-05-03.mkv", "Birthday 2012-05-03"),
            ("Heat (1995) - Remaster (2017).mkv", "Heat (1995) | Remaster (2017)"),
            ("8½ (1963).mkv", "8½ (1963)"),
            ("WALL·E (2008).mkv", "WALL·E (2008)"),
            ("xXx (2002).mkv", "xXx (2002)"),
            ("Metropolis (1927).mkv", "Metropolis (1927)"),
            ("Roundhay Garden Scene (1888).mkv", "Roundhay Garden Scene (1888)"),
            ("Die.Hard.4.0.2007.mkv", "Die Hard 4 0 (2007)"),
            ("Heat (1995, Michael Mann).mkv", "Heat (1995)"),
            ("Heat (1995 film).mkv", "Heat (1995)"),
            ("Solaris (Tarkovsky, 1972).mkv", "Solaris (1972)"),
            ("50-50 (2011).mkv", "50-50 (2011)"),
            ("Fahrenheit 9-11 (2004).mkv", "Fahrenheit 9-11 (2004)"),
            ("Heat (12345).mkv", "Heat (12345)"),
        ],
    );
}

#[test]
fn names_of_release_groups() {
    check(
        Movie,
        &[
            ("Heat.1995.1080p.BluRay.x264-GRP.mkv", "Heat (1995) | 1080p"),
            ("Heat.1995.1080p.BluRay.x264-GRP/grp-heat.1080p.mkv", "Heat (1995) | 1080p"),
            ("Heat.1995.1080p.BluRay.x264-GRP/h95-grp.mkv", "Heat (1995)"),
            ("Heat.1995.1080p.BluRay.x264-GRP/Heat.1995.1080p.BluRay.x264-GRP.mkv", "Heat (1995) | 1080p"),
            ("Heat.1995.German.DL.1080p.BluRay.x264-GRP.mkv", "Heat (1995) | German DL 1080p"),
            ("Heat.1995.PROPER.720p.HDTV.x264-GRP.mkv", "Heat (1995) | 720p"),
            ("Heat.1995.DVDRip.XviD-GRP.avi", "Heat (1995)"),
            ("Heat (1995) 1080p BluRay x265 10bit.mkv", "Heat (1995) | 1080p"),
            ("Heat (1995) [1080p] [BluRay] [5.1] [YTS.MX].mp4", "Heat (1995) | 1080p"),
            ("Heat (1995) (1080p BluRay x265 HEVC 10bit AAC 5.1 Tigole).mkv", "Heat (1995) | 1080p"),
            ("Heat 1995 REMASTERED 1080p BluRay x264 AAC - Ozlem.mp4", "Heat (1995) | 1080p"),
            ("Heat 1080p (1995).mkv", "Heat (1995)"),
            ("Heat.1080p.mkv", "Heat | 1080p"),
            ("Heat.BluRay.1080p.x264.mkv", "Heat | 1080p"),
            ("Heat.WEB-DL.mkv", "Heat"),
            ("Heat.4K.HDR.mkv", "Heat | 4K"),
            ("Heat.1995.2160p.UHD.BluRay.REMUX.HDR.HEVC.Atmos-EPSiLON.mkv", "Heat (1995) | 2160p"),
            (
                "The.Lord.of.the.Rings.The.Return.of.the.King.2003.EXTENDED.1080p.BluRay.x264-GRP.mkv",
                "The Lord of the Rings The Return of the King (2003) | EXTENDED 1080p",
            ),
            ("www.site.org - Heat (1995).mkv", "Heat (1995)"),
            ("[ www.site.org ] Heat.1995.DVDRip.avi", "Heat (1995)"),
            ("[Group] Akira (1988) [1080p][0A1B2C3D].mkv", "Akira (1988) | 1080p"),
            ("1080p.mkv", "1080p"),
            ("4K.mkv", "4K"),
            ("Heat (1995)/1080p.mkv", "Heat (1995) | 1080p"),
            ("Heat (1995)/1080p/Heat.mkv", "Heat (1995) | 1080p"),
            ("Heat (1995)/b3f7a9c2d1e04f5a.mkv", "Heat (1995)"),
            ("R.I.P.D.2013.1080p.mkv", "R.I.P.D. (2013) | 1080p"),
            ("A.I.Artificial.Intelligence.2001.mkv", "A.I. Artificial Intelligence (2001)"),
            ("The.English.Patient.1996.mkv", "The English Patient (1996)"),
            ("The.Italian.Job.1969.1080p.mkv", "The Italian Job (1969) | 1080p"),
            ("Limited.2010.mkv", "Limited (2010)"),
            ("The.Darjeeling.Limited.2007.LIMITED.720p.mkv", "The Darjeeling Limited (2007) | LIMITED 720p"),
            ("Final.Cut.2004.mkv", "Final Cut (2004)"),
            ("Uncut.Gems.2019.1080p.mkv", "Uncut Gems (2019) | 1080p"),
            ("Proper.Manners.2010.mkv", "Proper Manners (2010)"),
            ("Heat 1995 1920x1080.mkv", "Heat (1995) | 1920x1080"),
        ],
    );
}

#[test]
fn ids_and_editions() {
    check(
        Movie,
        &[
            ("Heat (1995) {imdb-tt0113277}.mkv", "Heat (1995) | imdb tt0113277"),
            ("Heat (1995) {tmdb-949}.mkv", "Heat (1995) | tmdb 949"),
            ("Heat (1995) {tvdb-123}.mkv", "Heat (1995) | tvdb 123"),
            ("Heat (1995) [imdbid-tt0113277].mkv", "Heat (1995) | imdb tt0113277"),
            ("Heat (1995) [tmdbid-949].mkv", "Heat (1995) | tmdb 949"),
            ("Heat (1995) [tmdbid=949].mkv", "Heat (1995) | tmdb 949"),
            ("Heat (1995) {tmdb-949}/Heat.mkv", "Heat (1995) | tmdb 949"),
            ("Heat (1995) {tmdb-949}/Heat (1995).mkv", "Heat (1995) | tmdb 949"),
            (
                "Heat (1995) {tmdb-949}/Heat (1995) {imdb-tt0113277}.mkv",
                "Heat (1995) | imdb tt0113277 | tmdb 949",
            ),
            ("Heat (1995) {tmdb-949}/Ronin (1998).mkv", "Ronin (1998)"),
            ("Heat {tmdb-949}/Heat.mkv", "Heat | tmdb 949"),
            ("Heat {tmdb-949}.mkv", "Heat | tmdb 949"),
            ("{tmdb-949} Heat (1995).mkv", "Heat (1995) | tmdb 949"),
            ("Heat.1995.{tmdb-949}.1080p.mkv", "Heat (1995) | 1080p | tmdb 949"),
            ("Heat.1995.1080p.tt0113277.mkv", "Heat (1995) | 1080p | imdb tt0113277"),
            ("Heat (1995) {edition-Director's Cut}.mkv", "Heat (1995) | edition Director's Cut"),
            ("Heat (1995) {edition-Director's Cut}/Heat (1995).mkv", "Heat (1995) | edition Director's Cut"),
            ("Heat (1995)/Heat (1995) {edition-Final Cut}.mkv", "Heat (1995) | edition Final Cut"),
            (
                "Heat (1995) {edition-Final Cut} {tmdb-949} - 1080p.mkv",
                "Heat (1995) | edition Final Cut | 1080p | tmdb 949",
            ),
            ("Heat (1995) {edition-Final Cut} - cd1.avi", "Heat (1995) | edition Final Cut | #1"),
            (
                "Heat (1995) {edition-This edition's name is longer than anybody reads}.mkv",
                "Heat (1995) | edition This edition's name is longer th",
            ),
            ("Heat {edition-Final Cut} (1995).mkv", "Heat (1995) | edition Final Cut"),
        ],
    );
}

#[test]
fn several_versions_of_one_film() {
    check(
        Movie,
        &[
            ("Heat (1995)/Heat (1995) - 1080p.mkv", "Heat (1995) | 1080p"),
            ("Heat (1995)/Heat (1995) - 480p.mp4", "Heat (1995) | 480p"),
            ("Heat (1995)/Heat (1995) - [Director's Cut].mkv", "Heat (1995) | Director's Cut"),
            ("Heat (1995)/Heat (1995) - Director's Cut.mkv", "Heat (1995) | Director's Cut"),
            ("Heat (1995)/Heat (1995) [Extended].mkv", "Heat (1995) | Extended"),
            ("Heat (1995)/Heat (1995) (Theatrical).mkv", "Heat (1995) | Theatrical"),
            ("Heat (1995)/Heat - 2160p.mkv", "Heat (1995) | 2160p"),
            ("Heat (1995)/Heat - Director's Cut.mkv", "Heat (1995) | Director's Cut"),
            ("Heat (1995)/Heat Extended.mkv", "Heat (1995) | Extended"),
            ("Heat (1995)/Heat.Directors.Cut.mkv", "Heat (1995) | Directors Cut"),
            ("Heat/Heat - 1080p.mkv", "Heat | 1080p"),
            ("Heat/Heat - Director's Cut.mkv", "Heat | Director's Cut"),
            ("Heat (1995) - 4K.mkv", "Heat (1995) | 4K"),
            ("Heat (1995) - Bluray-1080p.mkv", "Heat (1995) | Bluray-1080p"),
            ("Heat (1995)/Heat (1995) - 1080p - cd1.mkv", "Heat (1995) | 1080p | #1"),
        ],
    );
}

#[test]
fn two_films_are_never_made_one() {
    check(
        Movie,
        &[
            ("Heat (1995)/Ronin (1998).mkv", "Ronin (1998)"),
            ("Heat (1995)/Ronin.mkv", "Ronin"),
            ("Favourites (2012)/Spider-Man.mkv", "Spider-Man"),
            ("Alien (1979)/Aliens.mkv", "Aliens"),
            ("Alien (1979)/Alien 3.mkv", "Alien 3"),
            ("Alien (1979)/Alien - 3.mkv", "Alien - 3"),
            ("The Godfather (1972)/The Godfather Part II.mkv", "The Godfather Part II"),
            ("Spider-Man (2002)/Spider-Man 2.mkv", "Spider-Man 2"),
            ("Movies (2019)/Parasite.mkv", "Parasite"),
            ("1995/Heat.mkv", "Heat"),
            ("Terminator (1984)/Terminator Genisys.mkv", "Terminator Genisys"),
            ("Star Wars/Star Wars - A New Hope.mkv", "Star Wars - A New Hope"),
            ("Star Wars/Star Wars - The Empire Strikes Back.mkv", "Star Wars - The Empire Strikes Back"),
            ("Matrix (1999-2003)/Matrix - Reloaded.mkv", "Matrix - Reloaded"),
            ("Matrix (1999-2003)/Matrix Reloaded (2003).mkv", "Matrix Reloaded (2003)"),
            ("Dune/Dune Part 2.mkv", "Dune Part 2"),
            ("Kill Bill - Part 1.mkv", "Kill Bill - Part 1"),
            ("Kill Bill Part 2 (2004).mkv", "Kill Bill Part 2 (2004)"),
            (
                "Harry Potter and the Deathly Hallows Part 1 (2010).mkv",
                "Harry Potter and the Deathly Hallows Part 1 (2010)",
            ),
            (
                "Harry Potter and the Deathly Hallows Part 1 (2010)/Harry Potter and the Deathly Hallows Part \
                 1.mkv",
                "Harry Potter and the Deathly Hallows Part 1 (2010)",
            ),
            (
                "Harry.Potter.and.the.Deathly.Hallows.Part.2.2011.1080p.mkv",
                "Harry Potter and the Deathly Hallows Part 2 (2011) | 1080p",
            ),
            (
                "The Hunger Games Mockingjay - Part 1 (2014).mkv",
                "The Hunger Games Mockingjay - Part 1 (2014)",
            ),
            ("Heat (1986).mkv", "Heat (1986)"),
            ("Airport 1975.mkv", "Airport (1975)"),
            ("Airport 1977.mkv", "Airport (1977)"),
            ("Vitamin C.mkv", "Vitamin C"),
            ("Plan B (2009).mkv", "Plan B (2009)"),
            ("Trilogy/Three Colours - Blue (1993).mkv", "Three Colours - Blue (1993)"),
            ("2012 (2009)/2010.mkv", "2010"),
        ],
    );
}

#[test]
fn films_in_several_files() {
    check(
        Movie,
        &[
            ("Heat (1995) - cd1.avi", "Heat (1995) | #1"),
            ("Heat (1995)-cd2.avi", "Heat (1995) | #2"),
            ("Heat (1995) - disc1.avi", "Heat (1995) | #1"),
            ("Heat (1995) - disk2.avi", "Heat (1995) | #2"),
            ("Heat (1995) - dvd1.avi", "Heat (1995) | #1"),
            ("Heat (1995) - part1.avi", "Heat (1995) | #1"),
            ("Heat (1995) - pt1.avi", "Heat (1995) | #1"),
            ("Heat (1995)-pt2.avi", "Heat (1995) | #2"),
            ("Heat (1995) - Part 2.avi", "Heat (1995) | #2"),
            ("Heat (1995) part 1.avi", "Heat (1995) | #1"),
            ("Heat.1995.cd1.avi", "Heat (1995) | #1"),
            ("Heat.1995.DVDRip.XviD.CD2.avi", "Heat (1995) | #2"),
            ("Heat 1995 CD 2.avi", "Heat (1995) | #2"),
            ("Heat (1995) (cd1).avi", "Heat (1995) | #1"),
            ("Heat (1995) a.avi", "Heat (1995) | #1"),
            ("Heat (1995) b.avi", "Heat (1995) | #2"),
            ("Heat (1995)-ptb.avi", "Heat (1995) | #2"),
            ("Heat-cd1.avi", "Heat | #1"),
            ("Heat-part2.avi", "Heat | #2"),
            ("Heat (1995)/Heat-cd1.avi", "Heat (1995) | #1"),
            ("Heat (1995)/Heat cd2.avi", "Heat (1995) | #2"),
            ("Heat (1995)/Heat - Part 2.avi", "Heat (1995) | #2"),
            ("Heat (1995)/cd1.avi", "Heat (1995) | #1"),
            ("Heat (1995)/CD 2.avi", "Heat (1995) | #2"),
            ("Heat (1995)/cd1/heat.avi", "Heat (1995) | #1"),
            ("Heat (1995)/Disc 2/Heat.avi", "Heat (1995) | #2"),
            ("Heat (1995)/CD1/movie.avi", "Heat (1995) | #1"),
            ("Heat (1995) - cd8.avi", "Heat (1995) | #8"),
        ],
    );
}

#[test]
fn folders_of_discs() {
    check(
        Movie,
        &[
            ("Heat (1995)/VIDEO_TS/VTS_01_1.VOB", "Heat (1995) | DVD title 1 | #1"),
            ("Heat (1995)/VIDEO_TS/VTS_01_2.VOB", "Heat (1995) | DVD title 1 | #2"),
            ("Heat (1995)/VIDEO_TS/VTS_02_1.VOB", "Heat (1995) | DVD title 2 | #1"),
            ("Heat (1995)/VTS_01_1.VOB", "Heat (1995) | DVD title 1 | #1"),
            ("Heat (1995)/VIDEO_TS/VIDEO_TS.VOB", "other | DVD menu | folder 1"),
            ("Heat (1995)/VIDEO_TS/VTS_01_0.VOB", "other | DVD menu | folder 1"),
            ("Heat (1995)/BDMV/STREAM/00800.m2ts", "Heat (1995) | Blu-ray 00800"),
            ("Heat/Disc 1/VIDEO_TS/VTS_01_1.VOB", "Heat | DVD title 1 | #1"),
        ],
    );
}

#[test]
fn every_script() {
    check(
        Movie,
        &[
            ("千と千尋の神隠し (2001).mkv", "千と千尋の神隠し (2001)"),
            ("千と千尋の神隠し（２００１）.mkv", "千と千尋の神隠し (2001)"),
            ("七人の侍【1954】.mkv", "七人の侍 (1954)"),
            ("映画 (2001)/映画.mkv", "映画 (2001)"),
            ("卧虎藏龙.2000.1080p.mkv", "卧虎藏龙 (2000) | 1080p"),
            ("기생충 (2019)/기생충 (2019) - 1080p.mkv", "기생충 (2019) | 1080p"),
            ("Сталкер (1979).mkv", "Сталкер (1979)"),
            ("Сталкер.1979.DVDRip.avi", "Сталкер (1979)"),
            ("Солярис (1972)/Солярис.mkv", "Солярис (1972)"),
            ("باب الحديد (١٩٥٨).mkv", "باب الحديد (1958)"),
            ("Ευριδίκη ΒΑ 2037 (1975).mkv", "Ευριδίκη ΒΑ 2037 (1975)"),
            ("שבעה (2004).mkv", "שבעה (2004)"),
            ("शोले (1975).mkv", "शोले (1975)"),
            ("Ame\u{301}lie (2001).mkv", "Amélie (2001)"),
            ("Am\u{e9}lie (2001)/Ame\u{301}lie.mkv", "Amélie (2001)"),
            ("Ame\u{301}lie (2001) {tmdb-194}/Am\u{e9}lie (2001).mkv", "Amélie (2001) | tmdb 194"),
            ("Das Leben der Anderen (2006)/das leben der anderen.mkv", "Das Leben der Anderen (2006)"),
            ("\u{200e}Heat\u{a0}(1995).mkv", "Heat (1995)"),
        ],
    );
}

#[test]
fn extras_are_kept_apart() {
    check(
        Movie,
        &[
            ("Heat (1995)/Heat (1995)-trailer.mp4", "trailer | Trailer | folder 1, Heat (1995)"),
            ("Heat (1995)/Heat-trailer.mp4", "trailer | Trailer | folder 1"),
            ("Heat (1995)/Heat.trailer.mp4", "trailer | Trailer | folder 1"),
            ("Heat (1995)/Heat_trailer.mp4", "trailer | Trailer | folder 1"),
            ("Heat (1995)/Heat - Trailer.mp4", "trailer | Trailer | folder 1"),
            ("Heat (1995)/Heat (1995)-trailer2.mp4", "trailer | Trailer | folder 1, Heat (1995)"),
            ("Heat (1995)/trailer.mp4", "trailer | Trailer | folder 1"),
            ("Heat (1995)/trailer1.mp4", "trailer | Trailer | folder 1"),
            ("Heat (1995)/movie-trailer.mp4", "trailer | Trailer | folder 1"),
            ("Heat (1995)-trailer.mp4", "trailer | Trailer | folder 0, Heat (1995)"),
            ("Heat (1995)/Shootout-deleted.mkv", "deleted-scene | Shootout | folder 1"),
            ("Heat (1995)/Shootout-deletedscene.mkv", "deleted-scene | Shootout | folder 1"),
            ("Heat (1995)/Making of-behindthescenes.mkv", "behind-the-scenes | Making of | folder 1"),
            ("Heat (1995)/Michael Mann-interview.mkv", "interview | Michael Mann | folder 1"),
            ("Heat (1995)/Diner-scene.mkv", "scene | Diner | folder 1"),
            ("Heat (1995)/True Crime-featurette.mkv", "featurette | True Crime | folder 1"),
            ("Heat (1995)/Pals-short.mkv", "short | Pals | folder 1"),
            ("Heat (1995)/Credits-other.mkv", "other | Credits | folder 1"),
            ("Heat (1995)/Credits-extra.mkv", "other | Credits | folder 1"),
            ("Heat (1995)/Credits-clip.mkv", "other | Credits | folder 1"),
            ("Heat (1995)/Trailers/Teaser.mp4", "trailer | Teaser | folder 1"),
            ("Heat (1995)/Deleted Scenes/Shootout.mkv", "deleted-scene | Shootout | folder 1"),
            ("Heat (1995)/deleted-scenes/Shootout.mkv", "deleted-scene | Shootout | folder 1"),
            ("Heat (1995)/Behind The Scenes/Making of.mkv", "behind-the-scenes | Making of | folder 1"),
            ("Heat (1995)/Interviews/Mann.mkv", "interview | Mann | folder 1"),
            ("Heat (1995)/Scenes/Diner.mkv", "scene | Diner | folder 1"),
            ("Heat (1995)/Featurettes/True Crime.mkv", "featurette | True Crime | folder 1"),
            ("Heat (1995)/Featurettes HD/True Crime.mkv", "featurette | True Crime | folder 1"),
            ("Heat (1995)/Shorts/Pals.mkv", "short | Pals | folder 1"),
            ("Heat (1995)/Other/Credits.mkv", "other | Credits | folder 1"),
            ("Heat (1995)/Extras/Credits.mkv", "other | Credits | folder 1"),
            ("Heat (1995)/Extras/Trailers/Teaser.mkv", "trailer | Teaser | folder 1"),
            ("Heat (1995)/Extras/Disc 2/Credits.mkv", "other | Credits | folder 1"),
            ("Heat (1995)/Heat Trailer.mov", "trailer | Trailer | folder 1"),
            ("Heat (1995)/Extras/Heat (1995)-trailer.mkv", "trailer | Heat (1995)-trailer | folder 1"),
            ("Heat (1995)/Bonus/Credits.mkv", "other | Credits | folder 1"),
            ("Films/Heat (1995)/Extras/Making of (1996).mkv", "other | Making of (1996) | folder 2"),
            ("Heat/Featurettes/True Crime.mkv", "featurette | True Crime | folder 1"),
        ],
    );
}

#[test]
fn what_only_sounds_like_an_extra_is_a_film() {
    check(
        Movie,
        &[
            ("Shorts/La Jetée (1962).mkv", "La Jetée (1962)"),
            ("Films/Shorts/La Jetée (1962).mkv", "La Jetée (1962)"),
            ("Films/Shorts/La Jetée.mkv", "La Jetée"),
            ("Films/Other/Heat.mkv", "Heat"),
            ("Trailers/Heat (1995).mkv", "Heat (1995)"),
            (
                "Interview with the Vampire (1994)/Interview with the Vampire.mkv",
                "Interview with the Vampire (1994)",
            ),
            ("Films/Interview with the Vampire (1994)/Interview.mkv", "Interview with the Vampire (1994)"),
            (
                "Scenes from a Marriage (1974)/Scenes from a Marriage (1974).mkv",
                "Scenes from a Marriage (1974)",
            ),
            ("The Big Short (2015).mkv", "The Big Short (2015)"),
            ("The Big Short (2015)/The Big Short.mkv", "The Big Short (2015)"),
            ("Trailer Park Boys The Movie (2006).mkv", "Trailer Park Boys The Movie (2006)"),
            ("The Interview (2014)/The Interview.mkv", "The Interview (2014)"),
            ("Frost - Interview.mkv", "Frost - Interview"),
            ("The Other.mkv", "The Other"),
        ],
    );
}

#[test]
fn samples_are_no_films() {
    check(
        Movie,
        &[
            ("Heat (1995)/sample.mkv <small>", "sample | Sample | folder 1"),
            ("Heat (1995)/Heat-sample.mkv <small>", "sample | Sample | folder 1"),
            ("Heat (1995)/Heat.sample.mkv <small>", "sample | Sample | folder 1"),
            ("Heat (1995)/sample-heat.mkv <small>", "sample | Sample | folder 1"),
            ("Heat.1995.1080p-GRP/Sample/heat-sample.mkv <small>", "sample | heat-sample | folder 1"),
            ("Heat.1995.1080p-GRP/Sample/grp-s.mkv <small>", "sample | grp-s | folder 1"),
            ("Heat.1995.1080p.sample.mkv <small>", "sample | Sample | folder 0, Heat (1995) | 1080p"),
            ("Heat (1995)/Heat (1995) Sample.mkv <small>", "sample | Sample | folder 1, Heat (1995)"),
            ("Free Sample (2012).mkv <small>", "Free Sample (2012)"),
            ("The Sample.mkv <small>", "The Sample"),
            ("Sample This (2012).mkv", "Sample This (2012)"),
            ("Heat (1995)/Heat-sample.mkv", "Heat (1995) | sample"),
        ],
    );
}
