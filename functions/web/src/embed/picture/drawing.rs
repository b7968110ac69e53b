//! Where things are in the picture: what it is about, how it is, and which state that is by colour and shape.
use super::{
    canvas::Canvas,
    shapes::{self, Square},
    text,
};
use crate::{
    embed::facts::Facts,
    layout::colours::{self, rgb},
};

/// In pixels. The proportions are those that Slack, Discord and others leave whole.
pub(in crate::embed) const WIDTH: u32 = 800;
pub(in crate::embed) const HEIGHT: u32 = 420;

const LEFT: f32 = 64.0;
const TEXT_WIDTH: f32 = 672.0;
const EDGE: i32 = 16;
const INK: &str = "#16191d";
const SOFT: &str = "#59636f";
const ACCENT: &str = "#2457c5";

const KICKER_SIZE: f32 = 30.0;
const TITLE_SIZE: f32 = 52.0;
const STATUS_SIZE: f32 = 36.0;
const NOTE_SIZE: f32 = 26.0;
const MAX_TITLE_LINES: usize = 2;
const MAX_NOTES: usize = 2;
const ICON: i32 = 44;
const MARK: i32 = 36;

pub(super) fn png(facts: &Facts) -> Vec<u8> {
    let colour = rgb(colours::text(facts.state));
    let (ink, soft) = (rgb(INK), rgb(SOFT));
    let mut canvas = Canvas::new(WIDTH, HEIGHT, rgb(colours::tint(facts.state)));
    canvas.fill(0, 0, EDGE, HEIGHT as i32, colour);
    let mut top = 44.0;
    if let Some(name) = facts.provider_name.as_deref().and_then(text::drawable) {
        let name = text::lines(&name, KICKER_SIZE, TEXT_WIDTH, 1);
        text::draw(&mut canvas, &name[0], KICKER_SIZE, (LEFT, top), soft);
        top += KICKER_SIZE * 1.4;
    }
    if let Some(title) = text::drawable(&facts.title) {
        for line in text::lines(&title, TITLE_SIZE, TEXT_WIDTH, MAX_TITLE_LINES) {
            text::draw(&mut canvas, &line, TITLE_SIZE, (LEFT, top), ink);
            top += TITLE_SIZE * 1.15;
        }
    }
    top += 18.0;
    shapes::icon(&mut canvas, Square { left: LEFT as i32, top: top as i32, size: ICON }, facts.state, colour);
    let beside = LEFT + ICON as f32 + 16.0;
    let status = text::drawable(&facts.status).unwrap_or_default();
    for line in text::lines(&status, STATUS_SIZE, TEXT_WIDTH - ICON as f32 - 16.0, 1) {
        text::draw(&mut canvas, &line, STATUS_SIZE, (beside, top + 4.0), colour);
    }
    top += ICON as f32 + 14.0;
    for note in facts.notes.iter().filter_map(|note| text::drawable(note)).take(MAX_NOTES) {
        for line in text::lines(&note, NOTE_SIZE, TEXT_WIDTH, 1) {
            text::draw(&mut canvas, &line, NOTE_SIZE, (LEFT, top), soft);
            top += NOTE_SIZE * 1.35;
        }
    }
    signature(&mut canvas);
    canvas.png()
}

/// Bottom right.
fn signature(canvas: &mut Canvas) {
    const NAME: &str = "statuswire";
    let left = LEFT + TEXT_WIDTH - text::width(NAME, NOTE_SIZE);
    let top = HEIGHT as f32 - 52.0;
    text::draw(canvas, NAME, NOTE_SIZE, (left, top), rgb(SOFT));
    let mark = Square { left: left as i32 - MARK - 12, top: top as i32 - 4, size: MARK };
    shapes::mark(canvas, mark, rgb(ACCENT));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::provider_state::ProviderState;

    fn facts(state: ProviderState, title: &str) -> Facts {
        let notes = vec!["Last known state, as of 26 Nov 2026, 10:00 UTC".to_owned()];
        let provider_name = Some("Acme Cloud".to_owned());
        Facts { state, provider_name, title: title.to_owned(), status: state.label().to_owned(), notes }
    }

    fn decoded(bytes: &[u8]) -> (u32, u32, Vec<u8>) {
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        (info.width, info.height, pixels)
    }

    #[test]
    fn every_state_has_a_small_picture_of_its_own() {
        let mut seen = std::collections::HashSet::new();
        for state in ProviderState::ALL {
            let bytes = png(&facts(state, "Slow requests in Europe"));
            let (width, height, pixels) = decoded(&bytes);
            assert_eq!((width, height), (WIDTH, HEIGHT));
            assert!(bytes.len() < 40_000, "{} bytes", bytes.len());
            assert_eq!(pixels[..3], rgb(colours::text(state)));
            assert!(seen.insert(pixels), "{state:?} looks like another state");
        }
    }

    #[test]
    fn hostile_titles_are_drawn_within_the_picture_or_left_out() {
        let plain = png(&facts(ProviderState::MajorOutage, ""));
        for left_out in ["東京", "\u{202e}\u{1}", "\u{1F525}", "\u{0489}"] {
            assert_eq!(png(&facts(ProviderState::MajorOutage, left_out)), plain, "{left_out}");
        }
        for long in ["W".repeat(5_000), "a ".repeat(5_000), "<script>alert(1)</script>".to_owned()] {
            assert_ne!(png(&facts(ProviderState::MajorOutage, &long)), plain);
        }
    }
}
