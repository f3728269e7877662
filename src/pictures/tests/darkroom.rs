//! What is kept of what was developed.

use std::sync::Condvar;
use std::time::Duration;

use super::*;

/// A drawing of one colour; as long as all others.
fn drawing(fill: &str) -> String {
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><path fill='{fill}' d='M0 0h9v9z'/></svg>"
    )
}

#[test]
fn a_picture_is_developed_again_only_when_its_file_or_its_width_changed() {
    let project = Project::new()
        .with("a.svg", drawing("#aa0000").as_bytes())
        .with("b.png", &encoded(photo(40, 40), ImageFormat::Png));
    let darkroom = Darkroom::default();
    let load = |article: &str| project.load_with(article, Some(&darkroom)).unwrap().0.all;
    let first = load("Words. ![](a.svg) ![](b.png)");
    let again = load("Other words. ![](b.png) ![](a.svg) ![](a.svg)");
    assert_eq!(again.len(), 2);
    assert!(Arc::ptr_eq(&first[0], &again[1]) && Arc::ptr_eq(&first[1], &again[0]));
    let wide = load("![](a.svg){width=100}");
    assert_eq!(wide[0].pixels.0, 200);
    let path = project.0.path().join("letters/a.svg");
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    fs::write(&path, drawing("#00aa00")).unwrap();
    let later = modified + Duration::from_secs(9);
    fs::File::options().write(true).open(&path).unwrap().set_modified(later).unwrap();
    let green = load("![](a.svg){width=100}");
    assert_ne!(green[0].bytes, wide[0].bytes);
    fs::write(&path, drawing("#aa0000")).unwrap();
    let [red] = <[_; 1]>::try_from(load("![](a.svg){width=100}")).unwrap();
    assert_eq!(red, wide[0]);
}

#[cfg(unix)]
#[test]
fn a_file_that_takes_the_place_of_another_together_with_its_time_is_seen() {
    let project = Project::new().with("a.svg", drawing("#aa0000").as_bytes());
    let darkroom = Darkroom::default();
    let load = || project.load_with("![](a.svg)", Some(&darkroom)).unwrap().0.all.remove(0);
    let red = load();
    let (old, new) = (project.0.path().join("letters/a.svg"), project.0.path().join("letters/new.svg"));
    fs::write(&new, drawing("#00aa00")).unwrap();
    let modified = fs::metadata(&old).unwrap().modified().unwrap();
    fs::File::options().write(true).open(&new).unwrap().set_modified(modified).unwrap();
    fs::rename(&new, &old).unwrap();
    assert_ne!(load().bytes, red.bytes);
}

#[test]
fn what_was_not_asked_for_longest_makes_room_in_the_darkroom() {
    let png = |shade: u8| encoded(RgbImage::from_pixel(30, 30, Rgb([shade; 3])), ImageFormat::Png);
    let project = Project::new().with("a.png", &png(1)).with("b.png", &png(2)).with("c.png", &png(3));
    let size = project.plate("![](a.png)").bytes.len();
    let room_for = |room: usize| {
        let darkroom = Darkroom::with_room(room);
        let project = &project;
        move |article: &str| project.load_with(article, Some(&darkroom)).unwrap().0.all.remove(0)
    };
    let load = room_for(2 * size + size / 2);
    let (a, b) = (load("![](a.png)"), load("![](b.png)"));
    assert!(Arc::ptr_eq(&a, &load("![](a.png)")));
    load("![](c.png)");
    assert!(Arc::ptr_eq(&a, &load("![](a.png)")));
    assert!(!Arc::ptr_eq(&b, &load("![](b.png)")));
    let load = room_for(size - 1);
    assert!(!Arc::ptr_eq(&load("![](a.png)"), &load("![](a.png)")));
}

#[test]
fn a_warning_names_a_picture_as_it_is_written_now() {
    let drawing = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><image href='a.png'/></svg>";
    let project = Project::new().with("a.svg", drawing.as_bytes());
    let darkroom = Darkroom::default();
    for path in ["a.svg", "./a.svg"] {
        let (_, warnings) = project.load_with(&format!("![]({path})"), Some(&darkroom)).unwrap();
        assert!(warnings[0].message().contains(&format!("`{path}`")), "{}", warnings[0].message());
    }
}

/// What was told, and who waits for it.
static TOLD: (Mutex<Vec<usize>>, Condvar) = (Mutex::new(Vec::new()), Condvar::new());

fn tell(count: usize) {
    TOLD.0.lock().unwrap().push(count);
    TOLD.1.notify_all();
}

#[test]
fn somebody_is_told_of_pictures_that_take_long_and_of_no_others() {
    let project = Project::new()
        .with("a.svg", drawing("#aa0000").as_bytes())
        .with("b.svg", drawing("#00aa00").as_bytes());
    let patient = Darkroom::telling(tell).after(Duration::from_hours(24));
    project.load_with("![](a.svg) ![](b.svg)", Some(&patient)).unwrap();
    let hasty = Darkroom::telling(tell).after(Duration::ZERO);
    hasty.attend(0, || ());
    let until_told = || {
        let none = |told: &mut Vec<usize>| told.is_empty();
        TOLD.1.wait_while(TOLD.0.lock().unwrap(), none).map(|told| told.clone()).unwrap()
    };
    assert_eq!(hasty.attend(3, until_told), [3]);
}
