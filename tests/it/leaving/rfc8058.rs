//! The examples of RFC 8058 (§8), and what a mail program makes of our headers.

use letterpress::message::{BaseUrl, WayOut};
use list_unsubscribe::{UnsubscribeMethod, parse_with_post};

use super::*;

const POST: &str = "List-Unsubscribe=One-Click";

#[test]
fn the_simple_and_the_complex_example_leave() {
    let serving = Serving::start();
    for (number, after) in [(1, ""), (2, "?opaque=123456789")] {
        let request = format!(
            "POST {}{after} HTTP/1.1\r\nHost: example.com\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 26\r\n\r\n{POST}",
            serving.link(number)
        );
        let mut call = Call::to(serving.readers);
        call.send(request.as_bytes());
        assert_eq!(call.answer("POST").status, 200);
        assert!(serving.has_left(number));
    }
}

#[test]
fn the_example_with_parts_leaves() {
    let serving = Serving::start();
    // As it is printed, and as its boundary should have been written.
    for (number, dashes) in [(1, ""), (2, "--")] {
        let body = format!(
            "{dashes}---FormBoundaryjWmhtjORrn\r\n\
             Content-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n\
             {dashes}---FormBoundaryjWmhtjORrn--\r\n"
        );
        let kind = ("Content-Type", "multipart/form-data; boundary=---FormBoundaryjWmhtjORrn");
        let answer = serving.post("POST", &serving.link(number), &[kind], body.as_bytes());
        assert_eq!(answer.status, 200);
        assert!(serving.has_left(number));
    }
}

#[test]
fn a_mail_program_finds_one_click_in_our_headers_and_leaves_by_it() {
    let serving = Serving::start();
    let token = serving.tokens().write(&Claim::Leave(reader(1)));
    let way_out = WayOut {
        base_url: Some(BaseUrl::parse("https://example.com/news/").unwrap()),
        address: Some(EmailAddress::parse("leave@example.com").unwrap()),
    };
    let field = format!("<{}>, <{}>", way_out.link(&token), way_out.mail(&token).unwrap());
    let UnsubscribeMethod::OneClick { url } = parse_with_post(&field, Some(POST)) else { panic!("{field}") };
    assert_eq!(url.scheme(), "https");
    assert_eq!(serving.one_click(url.path()).status, 200);
    assert!(serving.has_left(1));
    let UnsubscribeMethod::Mailto { address, subject } =
        parse_with_post(&format!("<{}>", way_out.mail(&token).unwrap()), None)
    else {
        panic!("{field}")
    };
    assert_eq!((address.as_str(), subject), ("leave@example.com", Some(format!("unsubscribe {token}"))));
}

#[test]
fn whatever_the_body_is_whoever_asks_leaves() {
    let serving = Serving::start();
    let huge = vec![b'x'; 1_000_000];
    let bodies: [&[u8]; 6] = [
        b"",
        b"list-unsubscribe=one-click",
        b"List-Unsubscribe=No",
        b"{\"List-Unsubscribe\":\"One-Click\"}",
        b"\x00\xff\xfe%%%",
        &huge,
    ];
    for (number, body) in bodies.into_iter().enumerate() {
        assert_eq!(serving.post("POST", &serving.link(number), &[], body).status, 200, "{number}");
        assert!(serving.has_left(number), "{number}");
    }
    // Neither a length nor an end.
    let mut call = Call::to(serving.readers);
    call.send(format!("POST {} HTTP/1.0\r\n\r\n", serving.link(10)).as_bytes());
    assert_eq!(call.answer("POST").status, 200);
    let mut call = Call::to(serving.readers);
    let chunked = "HTTP/1.1\r\nHost: example.com\r\nTransfer-Encoding: chunked\r\n\r\n";
    call.send(format!("POST {} {chunked}1a\r\n{POST}\r\n0\r\n\r\n", serving.link(11)).as_bytes());
    assert_eq!(call.answer("POST").status, 200);
    let by = |number: usize| serving.store().leavings_of(&reader(number)).unwrap()[0].by.unwrap().word();
    assert!([0, 1, 2, 3, 4, 5, 10, 11].into_iter().all(|number| by(number) == "one-click"));
}
