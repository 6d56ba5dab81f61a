//! Pictures: SVG that stands alone, and can be read in light and dark, without colours, and by a screen reader.
//! In come shapes and words; words of other programs may be anything.
//! Out goes the text of one SVG file.
//!
//! It uses no other room: the demo and the benchmarks include it as it is.

mod axis;
mod style;
mod words;

pub use axis::{Axis, time};
pub use words::{escaped, wide};

use style::STYLE;
use words::{LETTER, cut};

/// The widest tooltip: 200 letters.
const TOLD: f64 = 200.0 * LETTER;

/// The meaning of an area, shown by its colour and its pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Good,
    /// It works, less well.
    Lesser,
    /// A warning: dotted.
    Warn,
    /// It does not work: hatched.
    Bad,
    /// No meaning.
    Idle,
    /// The first of two sides.
    First,
    /// The second.
    Second,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Lesser => "less",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Idle => "idle",
            Self::First => "one",
            Self::Second => "two",
        }
    }

    fn pattern(self) -> Option<&'static str> {
        match self {
            Self::Warn => Some("dots"),
            Self::Bad => Some("hatch"),
            Self::Good | Self::Lesser | Self::Idle | Self::First | Self::Second => None,
        }
    }
}

/// A rectangle.
#[derive(Debug, Clone, Copy)]
pub struct Area {
    /// Its left edge.
    pub x: f64,
    /// Its upper edge.
    pub y: f64,
    /// Its width.
    pub width: f64,
    /// Its height.
    pub height: f64,
}

/// A picture under construction. A class is a literal of the code, never text from outside.
#[derive(Debug)]
pub struct Picture {
    width: f64,
    body: String,
    style: String,
}

impl Picture {
    /// An empty picture.
    pub fn new(width: f64) -> Self {
        Self {
            width,
            body: String::new(),
            style: STYLE.to_owned(),
        }
    }

    /// Adds to the style.
    pub fn style(&mut self, more: &str) {
        self.style.push_str(more);
    }

    /// Adds elements as they are.
    pub fn raw(&mut self, elements: &str) {
        self.body.push_str(elements);
    }

    /// Words from `x` on, on the baseline `y`.
    pub fn text(&mut self, (x, y): (f64, f64), class: &'static str, words: &str) {
        let (x, y, words) = (short(x), short(y), escaped(words));
        self.raw(&format!(
            "<text x=\"{x}\" y=\"{y}\" class=\"{class}\">{words}</text>\n"
        ));
    }

    /// Words, cut at `width`; a tooltip has all of them.
    pub fn fitting(&mut self, at: (f64, f64), class: &'static str, words: &str, width: f64) {
        let shown = cut(words, width);
        if shown == words {
            return self.text(at, class, words);
        }
        let (x, y) = (short(at.0), short(at.1));
        let (shown, all) = (escaped(&shown), escaped(&cut(words, TOLD)));
        self.raw(&format!(
            "<text x=\"{x}\" y=\"{y}\" class=\"{class}\">{shown}<title>{all}</title></text>\n"
        ));
    }

    /// A line.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), class: &'static str) {
        let [x1, y1, x2, y2] = [from.0, from.1, to.0, to.1].map(short);
        self.raw(&format!(
            "<path d=\"M{x1} {y1}L{x2} {y2}\" class=\"{class}\"/>\n"
        ));
    }

    /// A line with an arrow at its end.
    pub fn arrow(&mut self, from: (f64, f64), to: (f64, f64), class: &'static str) {
        let [x1, y1, x2, y2] = [from.0, from.1, to.0, to.1].map(short);
        self.raw(&format!(
            "<path d=\"M{x1} {y1}L{x2} {y2}\" class=\"{class}\" marker-end=\"url(#arrow)\"/>\n"
        ));
    }

    /// A mark that points down to a place. `told`: its tooltip.
    pub fn mark(&mut self, (x, y): (f64, f64), told: &str) {
        let (x, y, told) = (short(x), short(y), escaped(&cut(told, TOLD)));
        self.raw(&format!(
            "<path d=\"M{x} {y}l-4 -7h8z\" class=\"mark\"><title>{told}</title></path>\n"
        ));
    }

    /// An area with its pattern, and the words in it where they fit. `told`: its tooltip.
    pub fn band(&mut self, area: Area, tone: Tone, words: &str, told: &str) {
        let shape = shape(area);
        let (class, told) = (tone.class(), escaped(&cut(told, TOLD)));
        self.raw(&format!(
            "<rect {shape} class=\"{class}\"><title>{told}</title></rect>\n"
        ));
        if let Some(pattern) = tone.pattern() {
            self.raw(&format!(
                "<rect {shape} fill=\"url(#{pattern})\" pointer-events=\"none\"/>\n"
            ));
        }
        let Area {
            x,
            y,
            width,
            height,
        } = area;
        if !words.is_empty() && wide(words) + 10.0 <= width {
            let class = tone.pattern().map_or("in", |_| "in halo");
            self.text((x + 5.0, y + height / 2.0 + 4.0), class, words);
        }
    }

    /// A legend of colours and patterns on the baseline `y`. Returns where it ends.
    pub fn legend(&mut self, y: f64, entries: &[(Tone, &str)]) -> f64 {
        let mut x = 16.0;
        for (tone, words) in entries {
            let area = Area {
                x,
                y: y - 11.0,
                width: 22.0,
                height: 14.0,
            };
            self.band(area, *tone, "", words);
            self.text((x + 28.0, y), "dim", words);
            x += 40.0 + wide(words);
        }
        x
    }

    /// Many areas as one shape. `told`: its tooltip.
    pub fn bars(&mut self, areas: &[Area], tone: Tone, told: &str) {
        let bar = |area: &Area| {
            let [x, y, width, height] = [area.x, area.y, area.width, area.height].map(short);
            format!("M{x} {y}h{width}v{height}h-{width}z")
        };
        let shape: String = areas.iter().map(bar).collect();
        let (class, told) = (tone.class(), escaped(told));
        self.raw(&format!(
            "<path d=\"{shape}\" class=\"{class}\"><title>{told}</title></path>\n"
        ));
    }

    /// A box with words in it, each on a line.
    pub fn labelled(&mut self, area: Area, lines: &[&str]) {
        self.raw(&format!("<rect {} rx=\"6\" class=\"box\"/>\n", shape(area)));
        let mut y = area.y + 19.0;
        for (number, line) in lines.iter().enumerate() {
            let class = if number == 0 { "head mid" } else { "dim mid" };
            self.text((area.x + area.width / 2.0, y), class, line);
            y += 16.0;
        }
    }

    /// A number in a circle, which a list explains.
    pub fn number(&mut self, (x, y): (f64, f64), number: usize) {
        let at = (short(x), short(y));
        self.raw(&format!(
            "<circle cx=\"{}\" cy=\"{}\" r=\"9\" class=\"count\"/>\n",
            at.0, at.1
        ));
        self.text((x, y + 4.0), "count mid", &number.to_string());
    }

    /// The whole file. Screen readers read the title and the description.
    pub fn finish(self, height: f64, title: &str, description: &str) -> String {
        let (width, height) = (short(self.width), short(height));
        let (title, description) = (escaped(title), escaped(description));
        let Self { body, style, .. } = self;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
             role=\"img\" aria-labelledby=\"title desc\">\n\
             <title id=\"title\">{title}</title>\n<desc id=\"desc\">{description}</desc>\n\
             <style>{style}</style>\n{}<rect width=\"{width}\" height=\"{height}\" class=\"page\"/>\n{body}</svg>\n",
            style::PATTERNS
        )
    }
}

fn shape(area: Area) -> String {
    let [x, y, width, height] = [area.x, area.y, area.width, area.height].map(short);
    format!("x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"")
}

/// A number with one digit after the point at most.
fn short(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_text_and_nothing_else() {
        let hostile =
            "</text><script>alert(1)</script>&#0;]]>\"' \u{0}\u{1b}[2J\u{202e}\u{ffff}\u{85}";
        let mut picture = Picture::new(100.0);
        picture.text((0.0, 0.0), "in", hostile);
        picture.fitting((0.0, 0.0), "in", hostile, 40.0);
        picture.mark((0.0, 0.0), hostile);
        let area = Area {
            x: 0.0,
            y: 0.0,
            width: 9999.0,
            height: 9.0,
        };
        picture.band(area, Tone::Bad, hostile, hostile);
        let svg = picture.finish(100.0, hostile, hostile);
        assert!(!svg.contains("<script") && !svg.contains("]]>"), "{svg}");
        assert!(
            svg.chars()
                .all(|letter| letter == '\n' || !letter.is_control()),
            "{svg:?}"
        );
        assert!(!svg.contains(['\u{202e}', '\u{ffff}']), "{svg:?}");
        assert_eq!(svg.matches("</svg>").count(), 1);
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(short(12.04), "12");
        assert_eq!(short(-0.25), "-0.2");
        assert_eq!(short(7.16), "7.2");
    }

    #[test]
    fn a_picture_stands_alone() {
        let svg = Picture::new(10.0).finish(10.0, "a", "b");
        let beyond = svg.replace("http://www.w3.org/2000/svg", "");
        for word in [
            "http", "href", "@import", "<script", "src=", "url(h", "url(/",
        ] {
            assert!(!beyond.contains(word), "{word}: {svg}");
        }
        assert!(svg.contains("prefers-color-scheme:dark"));
    }
}
