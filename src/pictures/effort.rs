//! Reckons what it takes to draw a drawing, before it is drawn.
//!
//! A filter of one line can ask for more work than there are years, and a pattern within
//! patterns for more memory than there is. The reckoning goes through the drawing as the
//! one who draws does (`resvg`), and stops where there is too much of either.

use resvg::tiny_skia::{Path as Outline, PathSegment, Point, Rect, Transform};
use resvg::usvg::filter::{Filter, Kind};
use resvg::usvg::{ClipPath, Group, Image, ImageKind, Mask, Node, Paint, Path, Pattern, Stroke, Tree};

use super::develop::MOST_PIXELS;

/// The most work, in billionths of a second of a usual machine: five seconds.
const MOST_WORK: f64 = 5e9;

/// The most pixels that are held at once.
#[allow(clippy::cast_precision_loss, reason = "a constant far below the limit")]
const MOST_HELD: f64 = MOST_PIXELS as f64 * 1.5;

/// How many pixels are held at once when `tree` is drawn with this transformation on so
/// many pixels; `None` when that or the work is more than a picture for mail is worth.
pub(super) fn pixels(tree: &Tree, transform: Transform, (width, height): (u32, u32)) -> Option<u64> {
    let (width, height) = (f64::from(width), f64::from(height));
    let mut effort = Effort { work: 0.0, held: 0.0, peak: 0.0 };
    effort.hold(width * height).ok()?;
    let at = Place { transform, area: width * height, height, most: 25.0 * width * height };
    effort.children(tree.root(), at).ok()?;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded by MOST_HELD")]
    Some(effort.peak as u64)
}

/// More than is done.
struct TooMuch;
type Reckoned = Result<(), TooMuch>;

/// Where something is drawn.
#[derive(Clone, Copy)]
struct Place {
    transform: Transform,
    /// How many pixels there are.
    area: f64,
    /// In how many rows.
    height: f64,
    /// The most pixels of a layer that is drawn apart.
    most: f64,
}

impl Place {
    /// The pixels that `bounds` cover.
    fn covered(&self, bounds: Option<Rect>) -> f64 {
        let bounds = bounds.and_then(|bounds| bounds.transform(self.transform));
        let area = bounds.map_or(0.0, |bounds| f64::from(bounds.width()) * f64::from(bounds.height()));
        area.min(self.area)
    }
}

struct Effort {
    work: f64,
    held: f64,
    peak: f64,
}

impl Effort {
    fn spend(&mut self, work: f64) -> Reckoned {
        self.work += work;
        // What is no number is no bound either.
        if self.work <= MOST_WORK { Ok(()) } else { Err(TooMuch) }
    }

    fn hold(&mut self, pixels: f64) -> Reckoned {
        self.held += pixels;
        self.peak = self.peak.max(self.held);
        if self.held <= MOST_HELD { Ok(()) } else { Err(TooMuch) }
    }

    /// Does `reckon` with so many pixels held.
    fn holding(&mut self, pixels: f64, reckon: impl FnOnce(&mut Self) -> Reckoned) -> Reckoned {
        self.hold(pixels)?;
        reckon(self)?;
        self.held -= pixels;
        Ok(())
    }

    fn children(&mut self, group: &Group, at: Place) -> Reckoned {
        for node in group.children() {
            match node {
                Node::Group(group) => self.group(group, at)?,
                Node::Path(path) => self.path(path, at)?,
                Node::Image(image) => self.image(image, at)?,
                Node::Text(text) => self.group(text.flattened(), at)?,
            }
        }
        Ok(())
    }

    fn group(&mut self, group: &Group, at: Place) -> Reckoned {
        self.spend(100.0)?;
        let transform = at.transform.pre_concat(group.transform());
        if !group.should_isolate() {
            return self.children(group, Place { transform, ..at });
        }
        let Some(bounds) = group.layer_bounding_box().transform(transform) else { return Ok(()) };
        // Two pixels more on each side, for soft edges.
        let (width, height) = (f64::from(bounds.width()) + 4.0, f64::from(bounds.height()) + 4.0);
        let layer = Place { transform, area: (width * height).min(at.most), height, ..at };
        self.holding(layer.area, |effort| {
            effort.spend(layer.area * 10.0)?;
            effort.children(group, layer)?;
            for filter in group.filters() {
                effort.filter(filter, layer)?;
            }
            if let Some(clip) = group.clip_path() {
                effort.clip(clip, layer)?;
            }
            group.mask().map_or(Ok(()), |mask| effort.mask(mask, layer))
        })
    }

    fn filter(&mut self, filter: &Filter, at: Place) -> Reckoned {
        let region = filter.rect().to_rect().transform(at.transform);
        let (width, height) =
            region.map_or((0.0, 0.0), |region| (f64::from(region.width()), f64::from(region.height())));
        let area = (width * height).min(at.area) + 1.0;
        let (across, down) = at.transform.get_scale();
        let before = self.held;
        for (number, primitive) in filter.primitives().iter().enumerate() {
            // Each keeps its result, and is looked for among those before it.
            self.hold(area)?;
            #[allow(clippy::cast_precision_loss, reason = "fewer than a million")]
            self.spend(number as f64 + 100.0)?;
            let each = match primitive.kind() {
                Kind::Turbulence(turbulence) => 100.0 * f64::from(turbulence.num_octaves()),
                Kind::ConvolveMatrix(convolve) => {
                    let matrix = convolve.matrix();
                    let (columns, rows) = (f64::from(matrix.columns()), f64::from(matrix.rows()));
                    // What lies beyond an edge is looked for step by step.
                    columns * rows * (8.0 + columns / width.max(1.0) + rows / height.max(1.0))
                }
                Kind::Morphology(morphology) => {
                    let reach = |radius: f32, scale: f32, side: f64| {
                        (2.0 * f64::from(radius) * f64::from(scale) + 2.0).min(side + 1.0)
                    };
                    4.0 * reach(morphology.radius_x().get(), across, width)
                        * reach(morphology.radius_y().get(), down, height)
                }
                Kind::DiffuseLighting(_) | Kind::SpecularLighting(_) => 200.0,
                Kind::GaussianBlur(_) | Kind::DropShadow(_) => 120.0,
                Kind::Merge(merge) => {
                    20.0 * f64::from(u32::try_from(merge.inputs().len()).unwrap_or(u32::MAX))
                }
                Kind::Image(image) => {
                    let transform = Transform::from_scale(across, down);
                    self.children(image.root(), Place { transform, area, ..at })?;
                    10.0
                }
                _ => 30.0,
            };
            self.spend(area * (each + 40.0))?;
        }
        self.held = before;
        Ok(())
    }

    fn clip(&mut self, clip: &ClipPath, at: Place) -> Reckoned {
        self.holding(at.area * 1.25, |effort| {
            effort.spend(at.area * 10.0)?;
            let transform = at.transform.pre_concat(clip.transform());
            effort.clipping(clip.root(), Place { transform, ..at })?;
            clip.clip_path().map_or(Ok(()), |clip| effort.clip(clip, at))
        })
    }

    /// What a clip is made of: a group that is clipped itself is as large as the whole.
    fn clipping(&mut self, group: &Group, at: Place) -> Reckoned {
        for node in group.children() {
            match node {
                Node::Path(path) => self.path(path, at)?,
                Node::Text(text) => self.clipping(text.flattened(), at)?,
                Node::Group(group) => {
                    self.spend(100.0)?;
                    let at = Place { transform: at.transform.pre_concat(group.transform()), ..at };
                    match group.clip_path() {
                        None => self.clipping(group, at)?,
                        Some(clip) => self.holding(at.area, |effort| {
                            effort.spend(at.area * 10.0)?;
                            effort.clipping(group, at)?;
                            effort.clip(clip, at)
                        })?,
                    }
                }
                Node::Image(_) => {}
            }
        }
        Ok(())
    }

    fn mask(&mut self, mask: &Mask, at: Place) -> Reckoned {
        self.holding(at.area * 1.5, |effort| {
            effort.spend(at.area * 20.0)?;
            effort.children(mask.root(), at)?;
            mask.mask().map_or(Ok(()), |mask| effort.mask(mask, at))
        })
    }

    fn image(&mut self, image: &Image, at: Place) -> Reckoned {
        if let ImageKind::SVG(tree) = image.kind() {
            return self.holding(at.area, |effort| {
                effort.spend(at.area * 10.0)?;
                effort.children(tree.root(), Place { most: 25.0 * at.area, ..at })
            });
        }
        let pixels = f64::from(image.size().width()) * f64::from(image.size().height());
        let covered = at.covered(Some(image.bounding_box()));
        self.holding(pixels, |effort| effort.spend(pixels * 40.0 + covered * 80.0))
    }

    fn path(&mut self, path: &Path, at: Place) -> Reckoned {
        self.spend(200.0)?;
        if !path.is_visible() {
            return Ok(());
        }
        if let Some(fill) = path.fill() {
            self.outline(path.data(), at, 1.0)?;
            self.paint(fill.paint(), at.covered(Some(path.bounding_box())), at)?;
        }
        if let Some(stroke) = path.stroke() {
            let length = self.outline(path.data(), at, 4.0)?;
            self.spend(dashes(stroke, length) * 1000.0)?;
            self.paint(stroke.paint(), at.covered(Some(path.stroke_bounding_box())), at)?;
        }
        Ok(())
    }

    /// What it takes to go along an outline so many `times`; how long it is, in its own
    /// measure.
    fn outline(&mut self, outline: &Outline, at: Place, times: f64) -> Result<f64, TooMuch> {
        let (across, down) = at.transform.get_scale();
        let scale = f64::from(across.max(down));
        let (mut length, mut last) = (0.0, Point::zero());
        for segment in outline.segments() {
            let end = match segment {
                PathSegment::MoveTo(point) => {
                    last = point;
                    continue;
                }
                PathSegment::LineTo(end) | PathSegment::QuadTo(_, end) | PathSegment::CubicTo(_, _, end) => {
                    end
                }
                PathSegment::Close => continue,
            };
            let step = f64::from(last.distance(end));
            length += step;
            last = end;
            // Four lines of a row of pixels are looked at, and none beyond the canvas.
            self.spend(times * (150.0 + 40.0 * (step * scale).min(at.height)))?;
        }
        Ok(length)
    }

    fn paint(&mut self, paint: &Paint, covered: f64, at: Place) -> Reckoned {
        match paint {
            Paint::Color(_) => self.spend(covered * 3.0),
            Paint::LinearGradient(_) | Paint::RadialGradient(_) => self.spend(covered * 15.0),
            Paint::Pattern(pattern) => {
                self.spend(covered * 80.0)?;
                self.pattern(pattern, at)
            }
        }
    }

    fn pattern(&mut self, pattern: &Pattern, at: Place) -> Reckoned {
        let (across, down) = at.transform.pre_concat(pattern.transform()).get_scale();
        let rect = pattern.rect();
        let width = f64::from(rect.width()) * f64::from(across);
        let height = f64::from(rect.height()) * f64::from(down);
        let area = width * height + 1.0;
        self.holding(area, |effort| {
            effort.spend(area * 2.0 + 1000.0)?;
            let transform = Transform::from_scale(across, down);
            effort.children(pattern.root(), Place { transform, area, height, ..at })
        })
    }
}

/// How many dashes there are on a line of this length; `tiny_skia` draws a million at
/// most.
fn dashes(stroke: &Stroke, length: f64) -> f64 {
    let Some(dashes) = stroke.dasharray() else { return 0.0 };
    let round: f64 = dashes.iter().map(|dash| f64::from(*dash)).sum();
    let number = f64::from(u32::try_from(dashes.len()).unwrap_or(u32::MAX));
    (length / round.max(f64::MIN_POSITIVE) * number).min(1e6)
}
