//! The static assets. The icon of a browser's tab has the colour of the worst state.
use std::sync::LazyLock;

use axum::{Router, routing::get};
use site::assets;
pub(crate) use site::assets::{ICON_PATH, SCRIPT_PATH};

use super::colours;
use crate::{model::provider_state::ProviderState, state::Web};

/// The colour of the icon, and of which states it has another.
const ICON_COLOUR: &str = "#2457c5";
const STATES: [ProviderState; 4] = [
    ProviderState::MajorOutage,
    ProviderState::PartialOutage,
    ProviderState::DegradedPerformance,
    ProviderState::Operational,
];

/// Path and content of the icon of each of these states.
static STATE_ICONS: LazyLock<Vec<(ProviderState, String, String)>> = LazyLock::new(|| {
    let icon = |state| {
        let content = assets::ICON.replace(ICON_COLOUR, colours::text(state));
        (state, assets::icon_path(&content), content)
    };
    STATES.map(icon).into()
});

/// The path of the icon that says how things are; the usual one if there is none of this state.
pub(crate) fn icon_path(state: ProviderState) -> &'static str {
    let found = STATE_ICONS.iter().find(|(other, ..)| *other == state);
    found.map_or(&assets::ICON_PATH, |(_, path, _)| path)
}

pub(crate) fn routes() -> Router<Web> {
    let icon = |content: &'static str| move || async move { assets::icon(content) };
    let all = STATE_ICONS.iter();
    all.fold(assets::routes(), |routes, (_, path, content)| routes.route(path, get(icon(content))))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use site::assets::{SCRIPT, STYLE};

    fn gzipped(text: &str) -> usize {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap().len()
    }

    /// The values of a property in `rem`, or without a unit. Those of variables are in their definition.
    fn values(property: &str) -> Vec<&'static str> {
        let declarations = STYLE.split(['{', ';', '}']).filter_map(|part| part.split_once(':'));
        let values = declarations.filter(|(name, _)| name.trim() == property).map(|(_, value)| value.trim());
        let is_size = |value: &&str| value.ends_with("rem") || value.ends_with(|char: char| char.is_ascii_digit());
        values.filter(is_size).filter(|value| !value.contains("var(")).collect()
    }

    #[test]
    fn style_and_script_are_small() {
        let (style, script) = (gzipped(STYLE), gzipped(SCRIPT));
        assert!(style <= 6 * 1_024, "the style sheet has {style} bytes compressed");
        assert!(script <= 4 * 1_024, "the script has {script} bytes compressed");
    }

    #[test]
    fn sizes_weights_and_corners_are_of_one_scale() {
        // 12, 13, 15, 18, 22 and 28 px; the last two are those of TV mode.
        let sizes = [".75rem", ".8125rem", ".9375rem", "1.125rem", "1.375rem", "1.75rem", "1.5rem", "2rem"];
        for (property, scale) in [
            ("--radius", &[".375rem"][..]),
            ("font-size", &sizes),
            ("font-weight", &["400", "550", "650"]),
            ("border-radius", &[".375rem", ".625rem", "0"]),
        ] {
            let used = values(property);
            assert!(!used.is_empty());
            for value in used {
                assert!(scale.contains(&value), "{property}: {value}");
            }
        }
    }
}
