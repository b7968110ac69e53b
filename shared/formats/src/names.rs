//! What people call the platforms that host the pages of many companies.

/// The platform of a format, for people; the format's own name if it is read for one company only.
pub fn platform_name(format: &str) -> &str {
    match format {
        "betterstack" => "Better Stack",
        "cachet" => "Cachet",
        "checkly" => "Checkly",
        "cstate" => "cState",
        "firehydrant" => "FireHydrant",
        "flashduty" => "Flashduty",
        "freshstatus" => "Freshstatus",
        "hund" => "Hund",
        "incidentio" => "incident.io",
        "instatus" => "Instatus",
        "kener" => "Kener",
        "lambstatus" => "LambStatus",
        "oneuptime" => "OneUptime",
        "onlineornot" => "OnlineOrNot",
        "openstatus" => "OpenStatus",
        "pagerduty" => "PagerDuty",
        "pingdom" => "Pingdom",
        "rootly" => "Rootly",
        "site24x7" => "Site24x7",
        "sorry" => "Sorry",
        "statuscast" => "StatusCast",
        "statushub" => "StatusHub",
        "statusio" => "Status.io",
        "statuspage" => "Statuspage",
        "statuspal" => "StatusPal",
        "upptime" => "Upptime",
        "uptimecom" => "Uptime.com",
        "uptimekuma" => "Uptime Kuma",
        "uptimerobot" => "UptimeRobot",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_of_a_format() {
        let named = crate::formats().iter().filter(|format| platform_name(format.name) != format.name).count();
        assert_eq!(named, 29);
        assert_eq!(platform_name("statuspage"), "Statuspage");
        assert_eq!(platform_name("unknown"), "unknown");
    }
}
