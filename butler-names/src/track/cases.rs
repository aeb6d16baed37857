//! Tracks by convention: a path and what it is. One table a convention.

use crate::Kind::Artist;
use crate::table::check;

#[test]
fn artist_album_number_and_title() {
    check(
        Artist,
        &[
            ("Miles Davis/Kind of Blue/01 - So What.flac", "Miles Davis | Kind of Blue | 1 | So What"),
            (
                "Miles Davis/Kind of Blue (1959)/02. Freddie Freeloader.mp3",
                "Miles Davis | Kind of Blue (1959) | 2 | Freddie Freeloader",
            ),
            (
                "Jazz/Miles Davis/Kind of Blue/03 Blue in Green.mp3",
                "Miles Davis | Kind of Blue | 3 | Blue in Green",
            ),
            (
                "M/Miles Davis/Kind of Blue/03_Blue_in_Green.mp3",
                "Miles Davis | Kind of Blue | 3 | Blue in Green",
            ),
            ("Nena/Nena/04-Kino.mp3", "Nena | Nena | 4 | Kino"),
            ("Nena/Nena/04) Kino.mp3", "Nena | Nena | 4 | Kino"),
            ("Nena/Nena/[04] Kino.mp3", "Nena | Nena | 4 | Kino"),
            ("Nena/Nena/(04) Kino.mp3", "Nena | Nena | 4 | Kino"),
            ("Nena/Nena/Track 04.mp3", "Nena | Nena | 4 | Track 4"),
            ("Nena/Nena/04.mp3", "Nena | Nena | 4 | Track 4"),
            ("Nena/Nena/Kino.mp3", "Nena | Nena | | Kino"),
            ("Nena/Nena/1. Kino.mp3", "Nena | Nena | 1 | Kino"),
            ("Nena/Nena/4 - Kino.mp3", "Nena | Nena | 4 | Kino"),
            ("Nena/Nena/104 - Kino.mp3", "Nena | Nena | 104 | Kino"),
            ("Nena/Nena/00 - Intro.mp3", "Nena | Nena | | Intro"),
            ("Nena - 99 Luftballons/01 - Intro.mp3", "Nena | 99 Luftballons | 1 | Intro"),
            ("Nena - 99 Luftballons (1983)/01 - Intro.mp3", "Nena | 99 Luftballons (1983) | 1 | Intro"),
            ("Nena/Kino.mp3", "Nena | Unknown Album | | Kino"),
            ("Kino.mp3", "Unknown Artist | Unknown Album | | Kino"),
            ("01 - Kino.mp3", "Unknown Artist | Unknown Album | 1 | Kino"),
        ],
    );
}

#[test]
fn numbers_that_are_titles() {
    check(
        Artist,
        &[
            ("Ariana Grande/Thank U, Next/7 Rings.mp3", "Ariana Grande | Thank U, Next | | 7 Rings"),
            ("Prince/1999/1999.mp3", "Prince | 1999 | | 1999"),
            ("Prince/1999/01 - 1999.mp3", "Prince | 1999 | 1 | 1999"),
            ("Nena/Nena/99 Luftballons.mp3", "Nena | Nena | 99 | Luftballons"),
            ("Nena/Nena/07 - 99 Luftballons.mp3", "Nena | Nena | 7 | 99 Luftballons"),
            ("Blink-182/Enema/05 - 182.mp3", "Blink-182 | Enema | 5 | 182"),
            ("Taylor Swift/1989 (2014)/01 - Welcome.mp3", "Taylor Swift | 1989 (2014) | 1 | Welcome"),
            ("Taylor Swift/1989/01 - Welcome.mp3", "Taylor Swift | 1989 | 1 | Welcome"),
            ("Adele/25/01 Hello.mp3", "Adele | 25 | 1 | Hello"),
            ("Zager/In the Year 2525/2525.mp3", "Zager | In the Year 2525 | | 2525"),
        ],
    );
}

#[test]
fn albums_folders() {
    check(
        Artist,
        &[
            (
                "Miles Davis/1959 - Kind of Blue/01 So What.mp3",
                "Miles Davis | Kind of Blue (1959) | 1 | So What",
            ),
            (
                "Miles Davis/(1959) Kind of Blue/01 So What.mp3",
                "Miles Davis | Kind of Blue (1959) | 1 | So What",
            ),
            (
                "Miles Davis/[1959] Kind of Blue/01 So What.mp3",
                "Miles Davis | Kind of Blue (1959) | 1 | So What",
            ),
            (
                "Miles Davis/Kind of Blue [1959]/01 So What.mp3",
                "Miles Davis | Kind of Blue (1959) | 1 | So What",
            ),
            (
                "Miles Davis/Miles Davis - Kind of Blue (1959)/01 So What.mp3",
                "Miles Davis | Kind of Blue (1959) | 1 | So What",
            ),
            (
                "Miles Davis/Miles Davis - 1959 - Kind of Blue/01 So What.mp3",
                "Miles Davis | Kind of Blue (1959) | 1 | So What",
            ),
            (
                "Miles Davis/Kind of Blue (1959) [FLAC]/01 So What.flac",
                "Miles Davis | Kind of Blue (1959) | 1 | So What",
            ),
            ("Miles Davis/Kind of Blue (MP3 320)/01 So What.mp3", "Miles Davis | Kind of Blue | 1 | So What"),
            ("Miles Davis/Kind of Blue {24-96}/01 So What.flac", "Miles Davis | Kind of Blue | 1 | So What"),
            (
                "Miles Davis/Kind of Blue (Deluxe Edition)/01 So What.flac",
                "Miles Davis | Kind of Blue (Deluxe Edition) | 1 | So What",
            ),
            (
                "Pink Floyd/Echoes - The Best of/01 Sheep.flac",
                "Pink Floyd | Echoes - The Best of | 1 | Sheep",
            ),
            (
                "Jazz/Miles Davis - Kind of Blue (1959)/01 So What.mp3",
                "Miles Davis | Kind of Blue (1959) | 1 | So What",
            ),
            (
                "Miles_Davis-Kind_Of_Blue-CD-FLAC-1997-GRP/01-miles_davis-so_what.flac",
                "Miles Davis | Kind Of Blue (1997) | 1 | so what",
            ),
            ("Miles Davis/Albums/Kind of Blue/01 So What.mp3", "Miles Davis | Kind of Blue | 1 | So What"),
            ("Miles Davis/Live/At Fillmore/01 Directions.mp3", "Miles Davis | At Fillmore | 1 | Directions"),
            (
                "Miles Davis/Studio Albums/1959 - Kind of Blue/CD1/01 So What.mp3",
                "Miles Davis | Kind of Blue (1959) | 1- 1 | So What",
            ),
            ("Miles Davis/Singles/So What.mp3", "Miles Davis | Singles | | So What"),
            ("Live/Throwing Copper/01 The Dam.mp3", "Live | Throwing Copper | 1 | The Dam"),
            ("AC-DC/Back in Black/01 Hells Bells.mp3", "AC-DC | Back in Black | 1 | Hells Bells"),
            ("!!!/Louden Up Now/01 When.mp3", "!!! | Louden Up Now | 1 | When"),
        ],
    );
}

#[test]
fn discs_of_an_album() {
    check(
        Artist,
        &[
            ("Nena/Nena/CD2/04_Kino.mp3", "Nena | Nena | 2- 4 | Kino"),
            ("Nena/Nena/CD 2/04 Kino.mp3", "Nena | Nena | 2- 4 | Kino"),
            ("Nena/Nena/Disc 2/04 Kino.mp3", "Nena | Nena | 2- 4 | Kino"),
            ("Nena/Nena/disk02/04 Kino.mp3", "Nena | Nena | 2- 4 | Kino"),
            ("Nena/Nena/Digital Media 2/04 Kino.mp3", "Nena | Nena | 2- 4 | Kino"),
            ("Nena/Nena/Vol 2/04 Kino.mp3", "Nena | Nena | 2- 4 | Kino"),
            ("Nena/Nena/Volume 2/04 Kino.mp3", "Nena | Nena | 2- 4 | Kino"),
            ("Nena/Nena/Part 2/04 Kino.mp3", "Nena | Nena | 2- 4 | Kino"),
            ("Nena/Nena/Act 2/04 Kino.mp3", "Nena | Nena | 2- 4 | Kino"),
            ("Nena/Nena/Disc Two/04 Kino.mp3", "Nena | Nena | 2- 4 | Kino"),
            ("Nena/Nena/CD2 - Live/04 Kino.mp3", "Nena | Nena | 2- 4 | Kino"),
            ("Nena/Nena (Disc 2)/04 Kino.mp3", "Nena | Nena | 2- 4 | Kino"),
            ("Nena/Nena [CD2]/04 Kino.mp3", "Nena | Nena | 2- 4 | Kino"),
            ("Nena/Nena CD2/04 Kino.mp3", "Nena | Nena | 2- 4 | Kino"),
            ("Nena/Nena - Disc 2/04 Kino.mp3", "Nena | Nena | 2- 4 | Kino"),
            ("Nena/Nena (1983) CD 2 of 3/04 Kino.mp3", "Nena | Nena (1983) | 2- 4 | Kino"),
            ("Nena/Nena/2-04 Kino.mp3", "Nena | Nena | 2- 4 | Kino"),
            ("Nena/Nena/1-03 - Kino.mp3", "Nena | Nena | 1- 3 | Kino"),
            ("Nena/Nena/1-03. Kino.mp3", "Nena | Nena | 1- 3 | Kino"),
            ("Nena/Nena/d2t04 Kino.mp3", "Nena | Nena | 2- 4 | Kino"),
            ("Nena/Nena/CD2-04 Kino.mp3", "Nena | Nena | 2- 4 | Kino"),
            ("Nena/Nena/2x04 Kino.mp3", "Nena | Nena | 2- 4 | Kino"),
            ("Nena/Nena/CD2/204 Kino.mp3", "Nena | Nena | 2- 4 | Kino"),
            ("Nena/Nena/CD2/204 - Kino.mp3", "Nena | Nena | 2- 4 | Kino"),
            ("Nena/Nena/CD2/2-04 Kino.mp3", "Nena | Nena | 2- 4 | Kino"),
            ("Black Sabbath/Vol. 4/01 - Wheels.flac", "Black Sabbath | Vol. 4 | 1 | Wheels"),
            ("Led Zeppelin/Part 1/01 - A.flac", "Led Zeppelin | Part 1 | 1 | A"),
            ("Disco/Boney M/01 - Daddy Cool.mp3", "Disco | Boney M | 1 | Daddy Cool"),
        ],
    );
}

#[test]
fn albums_of_several_artists() {
    check(
        Artist,
        &[
            (
                "Various Artists/Bravo Hits 1/01 - Nena - Kino.mp3",
                "Various Artists | Bravo Hits 1 | 1 | Kino | by Nena",
            ),
            ("VA/Bravo Hits 1/01 - Nena - Kino.mp3", "Various Artists | Bravo Hits 1 | 1 | Kino | by Nena"),
            ("V.A./Bravo Hits 1/01. Nena - Kino.mp3", "Various Artists | Bravo Hits 1 | 1 | Kino | by Nena"),
            (
                "VA - Bravo Hits 1 (1992)/01 - Nena - Kino.mp3",
                "Various Artists | Bravo Hits 1 (1992) | 1 | Kino | by Nena",
            ),
            ("Compilations/Bravo Hits 1/01 Kino.mp3", "Various Artists | Bravo Hits 1 | 1 | Kino"),
            (
                "Soundtracks/Heat (1995)/01 - Kronos Quartet - Heat.mp3",
                "Various Artists | Heat (1995) | 1 | Heat | by Kronos Quartet",
            ),
            ("Various/Bravo Hits 1/Nena - Kino.mp3", "Various Artists | Bravo Hits 1 | | Kino | by Nena"),
            (
                "Various/Bravo Hits 1/Nena - 01 - Kino.mp3",
                "Various Artists | Bravo Hits 1 | 1 | Kino | by Nena",
            ),
            (
                "Verschiedene Interpreten/Hits/01 - Nena - Kino.mp3",
                "Various Artists | Hits | 1 | Kino | by Nena",
            ),
            (
                "Разные исполнители/Хиты/01 - Кино - Группа крови.mp3",
                "Various Artists | Хиты | 1 | Группа крови | by Кино",
            ),
            ("Nena/Nena/01 - Nena - Kino.mp3", "Nena | Nena | 1 | Kino"),
            ("Nena/Nena/Nena - Kino.mp3", "Nena | Nena | | Kino"),
            ("Nena/Nena/Nena - 01 - Kino.mp3", "Nena | Nena | 1 | Kino"),
            (
                "Miles Davis/Kind of Blue/Miles Davis - Kind of Blue - 01 - So What.mp3",
                "Miles Davis | Kind of Blue | 1 | So What",
            ),
            ("Nena/Nena/01 - Kino - Live.mp3", "Nena | Nena | 1 | Kino - Live"),
        ],
    );
}

#[test]
fn sides_of_a_record() {
    check(
        Artist,
        &[
            ("Nena/Nena (1983)/A1 - Kino.flac", "Nena | Nena (1983) | 1- 1 | Kino"),
            ("Nena/Nena/B2. Leuchtturm.flac", "Nena | Nena | 2- 2 | Leuchtturm"),
            ("Nena/Nena/LP 2/C03 Noch einmal.flac", "Nena | Nena | 3- 3 | Noch einmal"),
            ("Nena/Nena/99 Luftballons.flac", "Nena | Nena | 99 | Luftballons"),
            ("Nena/Nena/U2 Song.flac", "Nena | Nena | | U2 Song"),
            ("Nena/Nena/A11 - Kino.flac", "Nena | Nena | 1- 11 | Kino"),
            // No side holds so many: an artist stands in front.
            ("D12/Devil's Night/D12 - Title.mp3", "D12 | Devil's Night | | Title"),
            ("Various Artists/Now/D12 - Title.mp3", "Various Artists | Now | | Title | by D12"),
            ("Nena/Nena/H20 Kino.flac", "Nena | Nena | | H20 Kino"),
        ],
    );
}

#[test]
fn every_script() {
    check(
        Artist,
        &[
            (
                "Кино/Группа крови (1988)/01 - Группа крови.flac",
                "Кино | Группа крови (1988) | 1 | Группа крови",
            ),
            ("宇多田ヒカル/First Love/０１ Automatic.mp3", "宇多田ヒカル | First Love | 1 | Automatic"),
            ("坂本龍一/1996/01 - Merry.flac", "坂本龍一 | 1996 | 1 | Merry"),
            ("أم كلثوم/إنت عمري/٠١ - إنت عمري.mp3", "أم كلثوم | إنت عمري | 1 | إنت عمري"),
            ("Bjo\u{308}rk/De\u{301}but/01 - Human.mp3", "Björk | Début | 1 | Human"),
            ("Bj\u{f6}rk/D\u{e9}but/01 - Human.mp3", "Björk | Début | 1 | Human"),
            ("Sigur Rós/()/01 - Vaka.mp3", "Sigur Rós | () | 1 | Vaka"),
            ("Μίκης Θεοδωράκης/Ζορμπάς/01. Χορός.mp3", "Μίκης Θεοδωράκης | Ζορμπάς | 1 | Χορός"),
        ],
    );
}
