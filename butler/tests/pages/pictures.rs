//! Pictures of the library on the pages: photos and posters as they are, the blur where a browser reads no
//! more, and no file that is none.

use std::path::Path;

use butler_fixtures::{Picture, age, photo};

use super::{open, signed_in, small_film, stage};

/// A picture, older than a scan's patience.
pub(super) fn picture(path: &Path, width: u32, height: u32) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    photo(path, Picture::TestCard, width, height, 3).unwrap();
    age(path).unwrap();
}

#[test]
fn photos_and_posters_are_shown_and_what_is_no_picture_is_not() {
    let stage = stage();
    let films = stage.add_movies(&[small_film(1)]).unwrap();
    picture(&films[0].with_file_name("poster.jpg"), 400, 600);
    picture(&stage.folders.photos().join("2024/a.jpg"), 320, 240);
    let page = stage.folders.photos().join("2024/b.jpg");
    std::fs::write(&page, "<script>alert(1)</script>").unwrap();
    age(&page).unwrap();
    let server = stage.server().unwrap();
    let movies = server.add_section("movie", "Movies", &stage.folders.movies()).unwrap();
    let photos = server.add_section("photo", "Photos", &stage.folders.photos()).unwrap();
    server.run_task("RefreshLibraries").unwrap();
    server.run_task("GenerateBlurHashes").unwrap();
    let mut browser = signed_in(&server);
    let shown = |what: &str| format!("document.querySelector('{what}')?.naturalWidth");
    for (section, width) in [(movies, 400), (photos, 320)] {
        open(&server, &mut browser, &format!("/sections/{section}"));
        let wide =
            format!("[...document.querySelectorAll('.tiles img')].some(i => i.naturalWidth === {width})");
        browser.until("a tile has its picture", &wide).unwrap();
        browser.evaluate(&format!("[...document.querySelectorAll('.tiles a')].find(a => a.querySelector('img')?.naturalWidth === {width}).click()")).unwrap();
        let own = shown("main .photo img, main .posters img");
        browser.until("its page has it", &format!("{own} === {width}")).unwrap();
        let source =
            browser.evaluate("document.querySelector('main .photo img, main .posters img').src").unwrap();
        let path = source.as_str().unwrap().strip_prefix(&server.url()).unwrap().to_owned();
        let answer = server.get(&path).unwrap();
        assert_eq!(answer.header("content-type"), "image/jpeg");
        assert!(answer.header("content-security-policy").contains("sandbox"));
        let blur = server.get(&format!("{path}/blur")).unwrap();
        assert_eq!((blur.status, blur.header("content-type")), (200, "image/bmp"));
        browser
            .until(
                "and its blur",
                "[...document.querySelectorAll('img.small')].every(i => i.naturalWidth > 1)",
            )
            .unwrap();
    }
    // Neither a film nor a page that is called a picture is given away as one, and nothing to strangers.
    for source in 1..8 {
        let answer = server.get(&format!("/pictures/{source}")).unwrap();
        let is_picture = answer.header("content-type").starts_with("image/");
        assert!(answer.status == 404 || is_picture, "{source}: {}", answer.status);
    }
    assert_eq!(server.anonymous("GET", "/pictures/1").send().unwrap().status, 401);
}
