//! Behind a proxy that serves Butler below a path and under a name of its own, as nginx would: everything a
//! person does works there.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

use super::browser::Browser;
use super::{long_film, stage, with_films};

const PREFIX: &str = "/butler";

/// Begins a proxy on loopback that cuts the prefix off; its port. It ends with the test's process.
fn proxy(server: String) -> io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let server = server.clone();
            thread::spawn(move || _ = pass(client, &server));
        }
    });
    Ok(port)
}

/// Passes one request on, and its answer back for as long as it lasts.
fn pass(mut client: TcpStream, server: &str) -> io::Result<()> {
    let (mut asked, mut piece) = (Vec::new(), [0; 16 << 10]);
    let end = loop {
        let read = client.read(&mut piece)?;
        asked.extend_from_slice(&piece[..read]);
        if let Some(end) = asked.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if read == 0 {
            return Ok(());
        }
    };
    let head = String::from_utf8_lossy(&asked[..end]).into_owned();
    let mut lines = head.lines();
    let first = lines.next().unwrap_or_default();
    let Some(first) =
        first.split_once(&format!(" {PREFIX}/")).map(|(method, rest)| format!("{method} /{rest}"))
    else {
        return client.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    };
    let mut server = TcpStream::connect(server)?;
    write!(server, "{first}\r\nConnection: close\r\n")?;
    for line in lines.filter(|line| !line.to_ascii_lowercase().starts_with("connection:")) {
        write!(server, "{line}\r\n")?;
    }
    server.write_all(b"\r\n")?;
    server.write_all(&asked[end + 4..])?;
    let (mut rest, mut to) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || {
        _ = io::copy(&mut rest, &mut to);
        // A browser that leaves a stream of events leaves it at the server too.
        _ = to.shutdown(Shutdown::Both);
    });
    _ = io::copy(&mut server, &mut client);
    client.shutdown(Shutdown::Both)
}

#[test]
fn behind_a_proxy_with_a_path_and_a_name_of_its_own_everything_works() {
    let stage = stage();
    let server = with_films(&stage, &[long_film(1), long_film(2), long_film(3)]);
    server.butler(&["settings", "ButlerPathPrefix", PREFIX]).unwrap();
    let port = proxy(server.address().to_owned()).unwrap();
    let site = format!("http://home.example:{port}{PREFIX}");
    // A browser would try TLS first where a name is none of this machine's.
    let arguments = ["--host-resolver-rules=MAP *.example 127.0.0.1", "--disable-features=HttpsUpgrades"]
        .map(str::to_owned);
    let mut browser = Browser::start_with(&arguments).unwrap();
    // A name that nobody named is refused, with the way on.
    browser.open(&format!("{site}/sign-in")).unwrap();
    browser.until_shown("ButlerHostNames").unwrap();
    server.butler(&["settings", "ButlerHostNames", "home.example"]).unwrap();
    let code = server.post("/api/v1/sign-in").unwrap().json().unwrap()["path"].as_str().unwrap().to_owned();
    browser.open(&format!("{site}{code}")).unwrap();
    browser
        .until("the first page is there", "document.querySelector('nav') && location.pathname === '/butler/'")
        .unwrap();
    browser.until("its style is there", "document.styleSheets[0].cssRules.length > 50").unwrap();
    // It is live, its forms lead back to it, and a run is started and stopped.
    browser.evaluate("window.stays = true").unwrap();
    browser.until("the page listens", "document.getElementById('lost').hidden").unwrap();
    server.butler(&["pause", "--for", "30m"]).unwrap();
    browser.until_shown("Go on now").unwrap();
    server.start_task("GenerateMediaIndexFiles").unwrap();
    // It is held, so that it is there for as long as this takes.
    browser.until("the run is shown", "document.querySelector('.work button')").unwrap();
    browser.click(".work button").unwrap();
    browser.until_shown("Nothing runs, and nothing waits.").unwrap();
    browser.click("#held button").unwrap();
    browser.until("nothing is held", "!document.querySelector('#held button')").unwrap();
    assert_eq!(browser.evaluate("window.stays").unwrap(), true, "the page was loaded again");
    for (link, path) in [("/butler/tasks", "/butler/tasks"), ("/butler/sections", "/butler/sections")] {
        browser.click(&format!("nav a[href='{link}']")).unwrap();
        browser.until("the page is there", &format!("location.pathname === '{path}'")).unwrap();
    }
    browser.click("#sections a.strong").unwrap();
    browser
        .until(
            "an item is there",
            "document.querySelector('.tiles a')?.getAttribute('href').startsWith('/butler/items/')",
        )
        .unwrap();
    // The browser is in the list, and signs itself out there.
    browser.open(&format!("{site}/health")).unwrap();
    browser.click("#sessions button").unwrap();
    browser.until("the form is there", "location.pathname === '/butler/sign-in'").unwrap();
    // A page that is opened while another one comes would be given up for it.
    browser.open(&format!("{site}/tasks")).unwrap();
    browser.until("the form is there again", "location.pathname === '/butler/sign-in'").unwrap();
    drop(browser);
}

#[test]
fn a_browser_that_is_lost_is_signed_out_from_another() {
    let stage = stage();
    let server = stage.server().unwrap();
    let mut lost = super::signed_in(&server);
    let mut own = super::signed_in(&server);
    super::open(&server, &mut own, "/health");
    assert_eq!(own.evaluate("document.querySelectorAll('#sessions li').length").unwrap(), 2);
    // The newest stands first, and is this one.
    own.click("#sessions li:last-child button").unwrap();
    own.until_shown("is signed out").unwrap();
    own.until("one is left", "document.querySelectorAll('#sessions li').length === 1").unwrap();
    super::open(&server, &mut lost, "/tasks");
    lost.until("the form is there", "location.pathname === '/sign-in'").unwrap();
}
