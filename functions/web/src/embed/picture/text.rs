//! Text in the embedded font, since a function has no fonts of a system. It has the letters of European languages in
//! Latin script. What it lacks is not drawn as boxes: such a text is left out, and said where text is text.
use std::sync::LazyLock;

use ab_glyph::{Font as _, FontRef, PxScale, ScaleFont as _, point};

use super::canvas::{Canvas, Colour};

/// Roboto Medium, without hints and with few of its letters: see `assets/fonts/README.md`.
static FONT: LazyLock<FontRef<'static>> = LazyLock::new(|| {
    let bytes = include_bytes!("../../../assets/fonts/Roboto-Medium-subset.ttf");
    FontRef::try_from_slice(bytes).expect("the embedded font is one")
});

/// A longer text would not fit in any case.
const MAX_CHARS: usize = 300;
const ELLIPSIS: char = '…';

/// The text with single spaces, and without symbols that the font lacks. `None`: it lacks letters, or nothing is left.
pub(super) fn drawable(text: &str) -> Option<String> {
    let words = text.split_whitespace().map(|word| word.chars().filter(|char| !char.is_control()).collect::<String>());
    let text: String = words.collect::<Vec<_>>().join(" ").chars().take(MAX_CHARS).collect();
    let has = |char: char| FONT.glyph_id(char).0 != 0;
    if text.chars().any(|char| char.is_alphanumeric() && !has(char)) {
        return None;
    }
    let kept: String = text.chars().filter(|char| has(*char)).collect();
    let kept = kept.split_whitespace().collect::<Vec<_>>().join(" ");
    (!kept.is_empty()).then_some(kept)
}

/// At most so many lines of this width; an ellipsis ends what has no room.
pub(super) fn lines(text: &str, size: f32, max_width: f32, max_lines: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let pieces = text.split(' ').flat_map(|word| pieces(word, size, max_width));
    for (piece, is_start) in pieces {
        let line = lines.last().map_or("", String::as_str);
        let joined = if line.is_empty() || !is_start { format!("{line}{piece}") } else { format!("{line} {piece}") };
        let is_last = lines.len() == max_lines;
        match lines.last_mut() {
            Some(line) if width(&joined, size) <= max_width => *line = joined,
            Some(line) if is_last => {
                *line = shortened(joined, size, max_width);
                return lines;
            }
            _ => lines.push(piece),
        }
    }
    lines
}

/// A word in pieces that fit on a line, and whether each is the first of its word.
fn pieces(word: &str, size: f32, max_width: f32) -> Vec<(String, bool)> {
    let mut pieces = vec![(String::new(), true)];
    for char in word.chars() {
        let (piece, _) = pieces.last_mut().expect("there is one");
        piece.push(char);
        if width(piece, size) > max_width && piece.chars().count() > 1 {
            piece.pop();
            pieces.push((char.to_string(), false));
        }
    }
    pieces
}

fn shortened(mut line: String, size: f32, max_width: f32) -> String {
    while !line.is_empty() && width(&line, size) + width(&ELLIPSIS.to_string(), size) > max_width {
        line.pop();
    }
    line.truncate(line.trim_end().len());
    line.push(ELLIPSIS);
    line
}

pub(super) fn width(text: &str, size: f32) -> f32 {
    let font = FONT.as_scaled(PxScale::from(size));
    text.chars().map(|char| font.h_advance(font.glyph_id(char))).sum()
}

/// `top`: of the line, which is as high as `size`.
pub(super) fn draw(canvas: &mut Canvas, text: &str, size: f32, (left, top): (f32, f32), colour: Colour) {
    let font = FONT.as_scaled(PxScale::from(size));
    let baseline = top + font.ascent();
    let mut x = left;
    for char in text.chars() {
        let id = font.glyph_id(char);
        let glyph = id.with_scale_and_position(font.scale(), point(x, baseline));
        x += font.h_advance(id);
        let Some(outline) = FONT.outline_glyph(glyph) else { continue };
        let bounds = outline.px_bounds();
        outline.draw(|column, row, coverage| {
            canvas.blend(bounds.min.x as i32 + column as i32, bounds.min.y as i32 + row as i32, colour, coverage);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_the_font_lacks_leave_a_text_out_and_symbols_only_themselves() {
        assert_eq!(drawable("  Zürich \n Łódź – “down” ").as_deref(), Some("Zürich Łódź – “down”"));
        assert_eq!(drawable("🔥 API\u{200d}\u{202e} down").as_deref(), Some("API down"));
        for lacking in ["東京リージョン", "Привет", "מרכז", "", "🔥🔥", "\u{1}\n", "API 東京"] {
            assert_eq!(drawable(lacking), None, "{lacking}");
        }
        assert_eq!(drawable(&"x".repeat(10_000)).map(|text| text.len()), Some(MAX_CHARS));
    }

    #[test]
    fn lines_fit_and_what_has_no_room_is_cut() {
        let fits = |lines: &[String]| lines.iter().all(|line| width(line, 40.0) <= 300.0);
        let two = lines("Elevated error rates in Europe", 40.0, 300.0, 3);
        assert!(two.len() == 2 && fits(&two) && two.join(" ") == "Elevated error rates in Europe", "{two:?}");
        let cut = lines(&"many words ".repeat(30), 40.0, 300.0, 3);
        assert!(cut.len() == 3 && fits(&cut) && cut[2].ends_with(ELLIPSIS), "{cut:?}");
        let long = lines(&"w".repeat(300), 40.0, 300.0, 2);
        assert!(long.len() == 2 && fits(&long) && long[1].ends_with(ELLIPSIS), "{long:?}");
    }
}
