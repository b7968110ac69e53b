//! The colours of states outside of the style sheet: badges, icons and pictures. They are those of its light theme.
use crate::model::provider_state::ProviderState;

/// With white, and with its tint, it has a contrast of at least 4.5:1.
pub(crate) fn text(state: ProviderState) -> &'static str {
    match state {
        ProviderState::Operational => "#1a7f4b",
        ProviderState::DegradedPerformance => "#8a5a00",
        ProviderState::PartialOutage => "#b3480a",
        ProviderState::MajorOutage => "#c0262d",
        ProviderState::UnderMaintenance => "#2e5fb8",
        ProviderState::Unreadable
        | ProviderState::Unknown
        | ProviderState::NoStatusPage
        | ProviderState::NotWatched => "#5d6773",
    }
}

/// The surface behind a state.
pub(crate) fn tint(state: ProviderState) -> &'static str {
    match state {
        ProviderState::Operational => "#e8f6ee",
        ProviderState::DegradedPerformance => "#fdf3d7",
        ProviderState::PartialOutage => "#fdeee2",
        ProviderState::MajorOutage => "#fdebec",
        ProviderState::UnderMaintenance => "#eaf0fc",
        ProviderState::Unreadable
        | ProviderState::Unknown
        | ProviderState::NoStatusPage
        | ProviderState::NotWatched => "#f1f3f5",
    }
}

/// Red, green and blue of `#rrggbb`.
pub(crate) fn rgb(hex: &str) -> [u8; 3] {
    let value = u32::from_str_radix(hex.trim_start_matches('#'), 16).unwrap_or(0);
    let [_, red, green, blue] = value.to_be_bytes();
    [red, green, blue]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn style_sheet_has_the_same_colours() {
        let style = site::assets::STYLE;
        for state in ProviderState::ALL {
            for colour in [text(state), tint(state)] {
                assert!(style.contains(colour), "{colour} of {state:?}");
            }
        }
        assert_eq!(rgb("#2e5fb8"), [0x2e, 0x5f, 0xb8]);
    }
}
