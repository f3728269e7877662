mod darkroom;
mod drawings;

use std::fs;
use std::io::Cursor;

use image::codecs::gif::GifEncoder;
use image::{
    DynamicImage, Frame, ImageDecoder as _, ImageEncoder as _, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage,
    imageops,
};

use super::*;
use crate::article::{Format, ReadOptions, parse};
use crate::problem::{Class, Severity, Source};

/// A folder with files, and an article `letters/a.md` in it.
struct Project(tempfile::TempDir);

impl Project {
    fn new() -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        fs::create_dir(project.0.path().join("letters")).unwrap();
        project
    }

    fn with(self, name: &str, bytes: &[u8]) -> Self {
        let path = self.0.path().join("letters").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        self
    }

    fn load_with(
        &self,
        markdown: &str,
        darkroom: Option<&Darkroom>,
    ) -> Result<(Plates, Vec<Problem>), Problems> {
        let source = Source::new("letters/a.md", format!("# Dunes\n\n{markdown}\n"));
        let (article, _) = parse(&source, Format::Markdown, &ReadOptions::default()).unwrap();
        let folder = self.0.path().join("letters");
        load(
            &article,
            &Order {
                root: self.0.path(),
                folder: Some(&folder),
                column: 552,
                hero: 600,
                logo: None,
                art: None,
                darkroom,
            },
        )
    }

    fn load(&self, markdown: &str) -> Result<(Plates, Vec<Problem>), Problems> {
        self.load_with(markdown, None)
    }

    /// The one picture of an article, without a warning.
    fn plate(&self, markdown: &str) -> Plate {
        let (plates, warnings) = self.load(markdown).unwrap();
        assert!(warnings.is_empty(), "{warnings:?}");
        let mut plates = plates.iter();
        let plate = plates.next().unwrap().clone();
        assert!(plates.next().is_none());
        plate
    }

    /// What is wrong with the pictures of an article: place, message, hint.
    fn flaws(&self, markdown: &str) -> Vec<String> {
        let told = |problem: &Problem| {
            let place = problem.place.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("{place} {} ({})", problem.message(), problem.hint().unwrap_or_default())
        };
        self.load(markdown).unwrap_err().iter().map(told).collect()
    }
}

/// What a camera sees: no two pixels are alike.
fn photo(width: u32, height: u32) -> RgbImage {
    let noise = |x: u32, y: u32| {
        (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)).wrapping_mul(2_246_822_519) >> 27
    };
    RgbImage::from_fn(width, height, |x, y| {
        let channel = |by: u32| u8::try_from((x * by / 3 + y + noise(x, y)) % 256).unwrap();
        Rgb([channel(1), channel(2), channel(4)])
    })
}

fn encoded(pixels: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    pixels.into().write_to(&mut out, format).unwrap();
    out.into_inner()
}

fn decoded(plate: &Plate) -> DynamicImage {
    image::load_from_memory(&plate.bytes).unwrap()
}

/// A JPEG picture with these EXIF and other notes after its first marker.
fn with_notes(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    let mut out = jpeg[..2].to_vec();
    for (marker, payload) in [(0xE1, exif.as_slice()), (0xFE, b"taken at home, 12 Type Street".as_slice())] {
        let length = u16::try_from(payload.len() + 2).unwrap().to_be_bytes();
        out.extend([0xFF, marker]);
        out.extend(length);
        out.extend(payload);
    }
    out.extend(&jpeg[2..]);
    out
}

#[test]
fn a_photograph_is_twice_as_wide_as_it_is_shown_and_no_wider() {
    let project = Project::new().with("dunes.jpg", &encoded(photo(2000, 100), ImageFormat::Jpeg));
    let plate = project.plate("![Dunes](dunes.jpg)");
    assert_eq!((plate.pixels, plate.width), ((1104, 55), 2000));
    assert_eq!((decoded(&plate).width(), decoded(&plate).height()), (1104, 55));
    assert_eq!(plate.original.pixels, (2000, 100));
    let ends = (plate.name.split('.').next(), plate.name.rsplit('.').next());
    assert_eq!(ends, (Some("dunes"), Some("jpg")), "{}", plate.name);
    assert_eq!(project.plate("![Dunes](dunes.jpg){width=200}").pixels, (400, 20));
    // One picture for all places that show it, as wide as the widest.
    assert_eq!(
        project.plate("![Dunes](dunes.jpg){width=200}\n\n![Dunes](./dunes.jpg){width=300}").pixels.0,
        600
    );
}

#[test]
fn a_small_picture_is_never_made_larger() {
    let project = Project::new().with("seal.png", &encoded(photo(300, 90), ImageFormat::Png));
    let plate = project.plate("![A seal](seal.png)");
    assert_eq!((plate.pixels, plate.width), ((300, 90), 300));
    assert_eq!(project.plate("![A seal](seal.png){width=500}").pixels, (300, 90));
    assert_eq!(project.plate("![A seal](seal.png){width=100}").pixels, (200, 60));
    let project = Project::new().with("seal@2x.png", &encoded(photo(300, 90), ImageFormat::Png));
    assert_eq!(project.plate("![A seal](seal@2x.png)").width, 150);
}

#[test]
fn what_lay_on_its_side_is_turned_upright() {
    let mut lying = RgbImage::from_pixel(60, 40, Rgb([20, 20, 200]));
    imageops::replace(&mut lying, &RgbImage::from_pixel(60, 20, Rgb([200, 20, 20])), 0, 0);
    let jpeg = encoded(lying, ImageFormat::Jpeg);
    // Six: what is stored as its top is the right side.
    let project = Project::new().with("a.jpg", &with_notes(&jpeg, 6));
    let plate = project.plate("![](a.jpg)");
    assert_eq!((plate.pixels, plate.width), ((40, 60), 40));
    let upright = decoded(&plate).to_rgb8();
    assert!(upright.get_pixel(35, 30).0[0] > 150 && upright.get_pixel(5, 30).0[2] > 150);
    assert_eq!(project.plate("![](a.jpg){width=10}").pixels, (20, 30));
}

#[test]
fn what_a_camera_and_a_person_write_into_a_picture_is_left_out() {
    let jpeg = encoded(photo(64, 64), ImageFormat::Jpeg);
    let mut film = with_notes(&jpeg, 1);
    film.extend(b"ftypmp42 a film of two seconds");
    let project = Project::new().with("a.jpg", &film);
    let plate = project.plate("![](a.jpg)");
    // Its pixels are as they were.
    assert_eq!(plate.bytes, jpeg);

    let png = encoded(photo(64, 64), ImageFormat::Png);
    let mut noted = png[..33].to_vec();
    noted.extend(b"\0\0\0\x0CtEXtAuthor\0Maria\0\0\0\0");
    noted.extend(&png[33..]);
    let project = Project::new().with("a.png", &noted);
    assert!(!project.plate("![](a.png)").bytes.windows(5).any(|bytes| bytes == b"Maria"));
}

/// A JPEG picture with this colour profile.
fn with_profile(width: u32, profile: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, 80);
    encoder.set_icc_profile(profile.to_vec()).unwrap();
    encoder.encode_image(&photo(width, 40)).unwrap();
    out
}

/// A colour profile of this space (ICC.1 §7.2.6) and name.
fn profile(space: [u8; 4], name: &str) -> Vec<u8> {
    let mut profile = vec![0; 132];
    profile[16..20].copy_from_slice(&space);
    profile.extend(name.as_bytes());
    profile
}

#[test]
fn a_colour_profile_stays_where_the_colours_would_be_others_without_it() {
    let kept = |plate: &Plate| {
        let mut decoder = image::codecs::jpeg::JpegDecoder::new(Cursor::new(&plate.bytes)).unwrap();
        decoder.icc_profile().unwrap()
    };
    let wide = profile(*b"RGB ", "Display P3");
    let project = Project::new()
        .with("wide.jpg", &with_profile(300, &wide))
        .with("usual.jpg", &with_profile(300, &profile(*b"RGB ", "sRGB IEC61966-2.1")))
        .with("of-grey.jpg", &with_profile(300, &profile(*b"GRAY", "Dot Gain 20%")));
    // Made smaller, it is written anew; as large as it is, it is taken as it lies there.
    for width in ["{width=50}", ""] {
        assert_eq!(kept(&project.plate(&format!("![](wide.jpg){width}"))), Some(wide.clone()), "{width}");
    }
    assert_eq!(kept(&project.plate("![](usual.jpg){width=50}")), None);
    assert_eq!(kept(&project.plate("![](of-grey.jpg){width=50}")), None);
}

#[test]
fn a_file_is_written_anew_when_that_saves_a_third() {
    let mut large = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut large, 100)
        .encode_image(&photo(200, 200))
        .unwrap();
    let project = Project::new()
        .with("large.jpg", &large)
        .with("photo.png", &encoded(photo(200, 200), ImageFormat::Png))
        .with(
            "drawing.png",
            &encoded(
                RgbImage::from_fn(200, 200, |x, _| Rgb([if x < 90 { 0 } else { 255 }; 3])),
                ImageFormat::Png,
            ),
        );
    let plate = project.plate("![](large.jpg)");
    assert!(plate.bytes.len() * 3 < large.len() * 2 && plate.pixels == (200, 200), "{}", plate.bytes.len());
    assert_eq!(project.plate("![](photo.png)").form, Form::Jpeg);
    let plate = project.plate("![](drawing.png)");
    assert_eq!(plate.form, Form::Png);
    assert_eq!(decoded(&plate).to_rgb8().get_pixel(89, 5).0, [0, 0, 0]);
}

#[test]
fn a_ground_that_shines_through_stays_so_and_edges_keep_their_colour() {
    // A red disc on nothing; the nothing is green where nobody sees it.
    let disc = RgbaImage::from_fn(200, 200, |x, y| {
        let within = x.abs_diff(100).pow(2) + y.abs_diff(100).pow(2) < 75 * 75;
        if within { Rgba([255, 0, 0, 255]) } else { Rgba([0, 255, 0, 0]) }
    });
    let project = Project::new()
        .with("disc.png", &encoded(disc.clone(), ImageFormat::Png))
        .with("disc.webp", &encoded(disc, ImageFormat::WebP));
    for written in ["![](disc.png){width=50}", "![](disc.webp){width=50}"] {
        let plate = project.plate(written);
        assert_eq!((plate.form, plate.pixels), (Form::Png, (100, 100)));
        let small = decoded(&plate).to_rgba8();
        assert_eq!(small.get_pixel(2, 2).0[3], 0);
        assert_eq!(small.get_pixel(50, 50).0, [255, 0, 0, 255]);
        assert!(small.pixels().all(|pixel| pixel.0[3] == 0 || pixel.0[1] < 8), "green bled into the edge");
    }
}

#[test]
fn a_webp_photograph_becomes_jpeg() {
    let project = Project::new().with("dunes.webp", &encoded(photo(300, 200), ImageFormat::WebP));
    let plate = project.plate("![](dunes.webp)");
    assert_eq!((plate.form, plate.pixels), (Form::Jpeg, (300, 200)));
}

#[test]
fn a_gif_that_moves_is_left_as_it_is() {
    let mut moving = Vec::new();
    {
        let mut encoder = GifEncoder::new(&mut moving);
        for shade in [0, 255] {
            encoder
                .encode_frame(Frame::new(RgbaImage::from_pixel(700, 20, Rgba([shade, 0, 0, 255]))))
                .unwrap();
        }
    }
    let still = encoded(RgbaImage::from_pixel(700, 20, Rgba([9, 9, 9, 255])), ImageFormat::Gif);
    let project = Project::new().with("moves.gif", &moving).with("still.gif", &still);
    let plate = project.plate("![](moves.gif){width=100}");
    assert_eq!((plate.form, plate.pixels), (Form::Gif, (700, 20)));
    assert_eq!(plate.bytes, moving);
    assert_eq!(project.plate("![](still.gif)").width, 700);
}

/// A JPEG picture that is grey all over, so wide and so high (multiples of eight), put
/// together block by block, which takes an encoder much longer.
fn sky(width: u16, height: u16) -> Vec<u8> {
    let grey = encoded(image::GrayImage::from_pixel(8, 8, image::Luma([128])), ImageFormat::Jpeg);
    let marker = |kind: u8| grey.windows(2).position(|bytes| bytes == [0xFF, kind]).unwrap();
    let (frame, scan) = (marker(0xC0), marker(0xDA));
    let mut out = grey[..scan + 2 + usize::from(grey[scan + 3])].to_vec();
    out[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    out[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    // No change of its mean and no waves: 00 1010, four blocks in three bytes.
    let blocks = usize::from(width) / 8 * (usize::from(height) / 8);
    out.extend([0b0010_1000, 0b1010_0010, 0b1000_1010].repeat(blocks.div_ceil(4)));
    out.extend([0xFF, 0xD9]);
    out
}

#[test]
fn a_photograph_of_forty_megapixels_is_dealt_with() {
    let project = Project::new().with("sky.jpg", &sky(8000, 5000));
    let plate = project.plate("![The sky](sky.jpg)");
    assert_eq!((plate.pixels, plate.original.pixels), ((1104, 690), (8000, 5000)));
    assert_eq!(decoded(&plate).to_luma8().get_pixel(1000, 600).0, [128]);
    assert!(plate.bytes.len() * 10 < plate.original.bytes, "{}", plate.bytes.len());
}

#[test]
fn the_same_files_give_the_same_pictures() {
    let project = Project::new()
        .with("a.jpg", &encoded(photo(1300, 70), ImageFormat::Jpeg))
        .with("b.png", &encoded(photo(40, 40), ImageFormat::Png))
        .with("c.png", &encoded(photo(41, 40), ImageFormat::Png));
    let article = "![](a.jpg)\n\n![](b.png) ![](c.png)";
    let (one, _) = project.load(article).unwrap();
    let (other, _) = project.load(article).unwrap();
    assert!(one.iter().eq(other.iter()));
    let names: Vec<&str> = one.iter().map(|plate| plate.name.split('.').next().unwrap()).collect();
    assert_eq!(names, ["a", "b", "c"]);
}

#[test]
fn a_picture_is_found_however_its_path_is_written() {
    let png = encoded(photo(9, 9), ImageFormat::Png);
    let project = Project::new().with("my pictures/a b.png", &png).with("../shared.png", &png);
    for path in [
        "<my pictures/a b.png>",
        "my%20pictures/a%20b.png",
        "./my%20pictures/../my%20pictures/a%20b.png?v=2",
        "../shared.png",
    ] {
        project.plate(&format!("![]({path})"));
    }
    // Everywhere a picture can stand, it is found.
    let nested = "> ![](../shared.png)\n\n- **![](../shared.png)**\n\n| a |\n|---|\n| ![](../shared.png) |\n\nA note.[^1]\n\n[^1]: ![](../shared.png)";
    project.plate(nested);
    let (plates, _) = project
        .load("![](https://example.com/a.png) and [![](cid:a@example.com)](https://example.com)")
        .unwrap();
    assert!(plates.is_empty());
}

#[test]
fn all_that_is_wrong_is_told_at_once_with_its_place() {
    let project = Project::new()
        .with("Dunes.jpg", &encoded(photo(9, 9), ImageFormat::Jpeg))
        .with("phone.jpg", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
        .with("empty.png", b"")
        .with("notes.png", b"not a picture")
        .with("lfs.png", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
        .with("cut.jpg", &encoded(photo(90, 90), ImageFormat::Jpeg)[..2000])
        .with("cut.png", &encoded(photo(90, 90), ImageFormat::Png)[..2000])
        .with("images/x.png", b"");
    let written = [
        "dunes.jpg",
        "pics/a.png",
        "phone.jpg",
        "empty.png",
        "notes.png",
        "lfs.png",
        "cut.jpg",
        "cut.png",
        "images",
        "/etc/a.png",
        "{{ subscriber.name }}/../x",
        "a/{{ subscriber.name }}.png",
    ];
    let article = written.map(|path| format!("![](<{path}>)\n\n")).concat();
    let told = project.flaws(&article);
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn nothing_outside_the_project_is_read() {
    let outside = tempfile::tempdir().unwrap();
    let png = encoded(photo(9, 9), ImageFormat::Png);
    fs::write(outside.path().join("secret.png"), &png).unwrap();
    let project = Project::new().with("inside.png", &png);
    let up = "../".repeat(30) + outside.path().join("secret.png").to_str().unwrap().trim_start_matches('/');
    let escaped = up.replace("../", "%2e%2e/");
    for path in [up.as_str(), escaped.as_str(), "../../no-such-file.png"] {
        let told = project.flaws(&format!("![](<{path}>)"));
        assert!(told.len() == 1 && told[0].contains("lies outside the project"), "{told:?}");
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(
            outside.path().join("secret.png"),
            project.0.path().join("letters/link.png"),
        )
        .unwrap();
        let told = project.flaws("![](link.png)");
        assert!(told[0].contains("`link.png` lies outside the project"), "{told:?}");
        std::os::unix::fs::symlink(
            project.0.path().join("letters/inside.png"),
            project.0.path().join("letters/own.png"),
        )
        .unwrap();
        project.plate("![](own.png)");
    }
}

#[test]
fn a_picture_too_large_for_memory_is_refused_before_it_is_read() {
    // A PNG picture says its size in its first bytes; nothing else of it is read.
    let mut bomb = encoded(photo(2, 2), ImageFormat::Png);
    bomb[16..24].copy_from_slice(&[0, 0, 0x9C, 0x40, 0, 0, 0x9C, 0x40]);
    let mut crc = flate_crc(&bomb[12..29]).to_be_bytes();
    bomb[29..33].swap_with_slice(&mut crc);
    let told = Project::new().with("bomb.png", &bomb).flaws("![](bomb.png)");
    assert!(told[0].contains("`bomb.png` has 40000 × 40000 pixels; 100 million are the most"), "{told:?}");
    let wide = "<svg xmlns='http://www.w3.org/2000/svg' width='1' height='1000000'/>";
    let told = Project::new().with("wide.svg", wide.as_bytes()).flaws("![](wide.svg){width=500}");
    assert!(told[0].contains("pixels; 100 million are the most"), "{told:?}");
}

/// CRC-32 as PNG has it.
fn flate_crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 },
        )
    })
}

#[test]
fn a_picture_put_on_the_shelf_is_there_under_its_name_alone() {
    let project = Project::new().with("a.png", &encoded(photo(9, 9), ImageFormat::Png));
    let (plates, _) = project.load("![](a.png)").unwrap();
    let plate = plates.iter().next().unwrap();
    let shelf = Shelf::in_state(project.0.path());
    assert!(shelf.get(&plate.name).unwrap().is_none());
    shelf.put(&plates).unwrap();
    shelf.put(&plates).unwrap();
    assert_eq!(shelf.get(&plate.name).unwrap(), Some((plate.form, plate.bytes.clone())));
    for name in ["../letters/a.png", "a.png", "", "..", "a.000000000000.png"] {
        assert!(shelf.get(name).unwrap().is_none(), "{name}");
    }
    let left: Vec<_> = fs::read_dir(project.0.path().join("pictures")).unwrap().collect();
    assert_eq!(left.len(), 1);
}

#[test]
fn pictures_without_an_address_are_a_fault_of_the_configuration() {
    let one = PictureError::NoHome { files: vec!["a.jpg".to_owned()] };
    assert_eq!(
        one.to_string(),
        "the mail shows the picture `a.jpg`, and readers cannot get it from anywhere"
    );
    assert_eq!(crate::problem::Condition::class(&one), Class::Config);
    assert_eq!(Problem::new(one).severity, Severity::Error);
}
