//! The icons of the states and the pulse mark, as the pages show them: see [`crate::layout::states::icon`]. Each is a
//! predicate over a square of 16 units.
use super::canvas::{Canvas, Colour};
use crate::model::provider_state::ProviderState;

/// Samples of a pixel in each direction.
const SAMPLES: i32 = 4;
const PULSE: [(f32, f32); 6] = [(2.5, 8.5), (5.1, 8.5), (6.7, 4.5), (9.3, 11.5), (10.8, 8.5), (13.5, 8.5)];

/// Where a shape is, and how large.
#[derive(Clone, Copy)]
pub(super) struct Square {
    pub(super) left: i32,
    pub(super) top: i32,
    pub(super) size: i32,
}

pub(super) fn icon(canvas: &mut Canvas, at: Square, state: ProviderState, colour: Colour) {
    draw(canvas, at, colour, |x, y| is_icon(state, x, y));
}

/// The mark of this program: a pulse on a rounded square.
pub(super) fn mark(canvas: &mut Canvas, at: Square, colour: Colour) {
    draw(canvas, at, colour, |x, y| {
        let (dx, dy) = ((4.0 - x).max(x - 12.0).max(0.0), (4.0 - y).max(y - 12.0).max(0.0));
        dx.hypot(dy) <= 4.0
    });
    draw(canvas, at, [255; 3], |x, y| PULSE.windows(2).any(|line| distance((x, y), line[0], line[1]) <= 0.75));
}

fn draw(canvas: &mut Canvas, at: Square, colour: Colour, is_inside: impl Fn(f32, f32) -> bool) {
    let unit = 16.0 / (at.size * SAMPLES) as f32;
    for row in 0..at.size {
        for column in 0..at.size {
            let samples = (0..SAMPLES * SAMPLES).filter(|sample| {
                let x = (column * SAMPLES + sample % SAMPLES) as f32 + 0.5;
                let y = (row * SAMPLES + sample / SAMPLES) as f32 + 0.5;
                is_inside(x * unit, y * unit)
            });
            let coverage = samples.count() as f32 / (SAMPLES * SAMPLES) as f32;
            canvas.blend(at.left + column, at.top + row, colour, coverage);
        }
    }
}

fn is_icon(state: ProviderState, x: f32, y: f32) -> bool {
    let (dx, dy) = (x - 8.0, y - 8.0);
    let from_centre = dx.hypot(dy);
    let is_disc = from_centre <= 7.0;
    let is_ring = is_disc && from_centre >= 5.4;
    let line = |from, to| distance((x, y), from, to);
    let is_within =
        |left: f32, top: f32, right: f32, bottom: f32| (left..right).contains(&x) && (top..bottom).contains(&y);
    match state {
        ProviderState::Operational => {
            is_disc && line((4.9, 8.1), (7.2, 10.3)) > 0.8 && line((7.2, 10.3), (11.1, 5.9)) > 0.8
        }
        ProviderState::DegradedPerformance => {
            let is_triangle = (1.0..=14.5).contains(&y) && dx.abs() <= (y - 1.0) * 7.5 / 13.5;
            is_triangle && !is_within(7.2, 6.0, 8.8, 10.0) && !is_within(7.2, 11.2, 8.8, 12.8)
        }
        ProviderState::PartialOutage => is_disc && !(x < 8.0 && from_centre < 5.0),
        ProviderState::MajorOutage => {
            let is_octagon = dx.abs() <= 7.0 && dy.abs() <= 7.0 && dx.abs() + dy.abs() <= 9.9;
            is_octagon && line((5.6, 5.6), (10.4, 10.4)) > 0.8 && line((10.4, 5.6), (5.6, 10.4)) > 0.8
        }
        ProviderState::UnderMaintenance => is_within(2.0, 2.0, 14.0, 14.0) && !is_within(5.0, 7.2, 11.0, 8.8),
        ProviderState::Unreadable => is_ring || (is_disc && line((3.5, 12.5), (12.5, 3.5)) <= 0.8),
        ProviderState::Unknown | ProviderState::NoStatusPage | ProviderState::NotWatched => is_ring,
    }
}

/// From a point to a line between two others.
fn distance(point: (f32, f32), from: (f32, f32), to: (f32, f32)) -> f32 {
    let (along_x, along_y) = (to.0 - from.0, to.1 - from.1);
    let (x, y) = (point.0 - from.0, point.1 - from.1);
    let length = along_x * along_x + along_y * along_y;
    let part = ((x * along_x + y * along_y) / length).clamp(0.0, 1.0);
    (x - part * along_x).hypot(y - part * along_y)
}
