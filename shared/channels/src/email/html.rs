//! The HTML part, checked when it is compiled; whatever is not markup of ours is escaped. Tables and inline styles are
//! for programs that know nothing else (Outlook, Gmail for other accounts than its own); `STYLE` only adds the dark
//! colours and the narrow layout where it is understood. Nothing is loaded from anywhere.
use markdown::Attributes;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::content::{Content, Update};
use crate::message::{Link, Tone};

/// Dark colours, by the classes below. `!important`, because inline styles would win.
const STYLE: &str = "\
:root{color-scheme:light dark;supported-color-schemes:light dark}\
@media (max-width:480px){.out{padding:0!important}.card{border-width:0!important;border-radius:0!important}\
.in{padding-left:20px!important;padding-right:20px!important}.label{width:104px!important}}\
@media (prefers-color-scheme:dark){.page{background:#0f1113!important}\
.card{background:#181b1e!important;border-color:#2c3136!important}.line{border-color:#2c3136!important}\
.ink{color:#e9ebee!important}.soft{color:#a3abb4!important}.link{color:#8fb8ff!important}\
.button{background:#e9ebee!important;color:#14171a!important}\
.major{color:#ff9a90!important}.minor{color:#f6bd60!important}.planned{color:#8fb8ff!important}\
.good{color:#79d399!important}.quiet{color:#a3abb4!important}\
.on-major{background:#ff9a90!important}.on-minor{background:#f6bd60!important}.on-planned{background:#8fb8ff!important}\
.on-good{background:#79d399!important}.on-quiet{background:#a3abb4!important}}";

const FONT: &str = "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const INK: &str = "#1b1f24";
const SOFT: &str = "#59636e";
const LINE: &str = "#e2e5e9";
const LINK: &str = "#0b57d0";
/// Long words of the provider's must not widen the page.
const WRAP: &str = "overflow-wrap:anywhere;word-break:break-word";

/// What the provider wrote. The colour of its text is that of the element around it.
const TEXT: Attributes = Attributes {
    paragraph: " style=\"margin:0 0 8px\"",
    quote: " class=\"line\" style=\"margin:0 0 8px;padding:0 0 0 10px;border-left:2px solid #e2e5e9\"",
    block: " style=\"margin:0 0 8px;font-family:Menlo,Consolas,monospace;font-size:13px;white-space:pre-wrap\"",
    list: " style=\"margin:0 0 8px;padding:0 0 0 22px\"",
    item: " style=\"margin:0\"",
    code: " style=\"font-family:Menlo,Consolas,monospace;font-size:13px\"",
    link: " class=\"link\" style=\"color:#0b57d0\"",
    rule: " class=\"line\" style=\"border:0;border-top:1px solid #e2e5e9;margin:8px 0\"",
};

pub(super) fn render(content: &Content<'_>) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="supported-color-schemes" content="light dark";
                // Phones would make links of numbers and dates.
                meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no";
                meta name="x-apple-disable-message-reformatting";
                title { (content.title) }
                style { (PreEscaped(STYLE)) }
            }
            body.page style={ "margin:0;padding:0;background:#f3f4f6;-webkit-text-size-adjust:100%;" (FONT) } {
                div style="display:none;max-height:0;overflow:hidden;mso-hide:all" { (content.preview) }
                table.page role="presentation" width="100%" cellpadding="0" cellspacing="0"
                    style="border-collapse:collapse;background:#f3f4f6" {
                    tr { td.out align="center" style="padding:24px 12px" { (card(content)) } }
                }
            }
        }
    }
    .into_string()
}

fn card(content: &Content<'_>) -> Markup {
    let tone = content.tone;
    html! {
        // The attribute is for Outlook, which does not know a largest width.
        table.card role="presentation" width="600" cellpadding="0" cellspacing="0"
            style={ "width:100%;max-width:600px;border-collapse:separate;background:#ffffff;text-align:left;\
                     border:1px solid " (LINE) ";border-radius:10px;overflow:hidden" } {
            tr {
                td class={ "on-" (tone.class()) } height="4"
                    style={ "height:4px;font-size:0;line-height:0;background:" (tone.colour()) } { "\u{a0}" }
            }
            tr { td.in style="padding:22px 28px 4px" { (head(content)) } }
            @for part in [updates(content), components(content), reasons(content), links(content)] {
                @if let Some(part) = part { tr { td.in style="padding:14px 28px 4px" { (part) } } }
            }
            tr {
                td.in style="padding:18px 28px 22px" {
                    p."line soft" style={ "margin:0;padding-top:14px;border-top:1px solid " (LINE)
                        ";font-size:12px;line-height:18px;color:" (SOFT) } {
                        (content.footer)
                        @if let Some(link) = &content.unsubscribe { " " (anchor(link, "white-space:nowrap")) }
                    }
                }
            }
        }
    }
}

fn head(content: &Content<'_>) -> Markup {
    html! {
        p.soft dir="auto" style={ "margin:0 0 2px;font-size:13px;line-height:18px;color:" (SOFT) ";" (WRAP) } {
            (content.name)
        }
        h1.ink dir="auto" style={ "margin:0;font-size:20px;line-height:27px;font-weight:600;color:" (INK) ";" (WRAP) } {
            (content.title)
        }
        p class=(content.tone.class()) style={ "margin:4px 0 0;font-size:15px;line-height:22px;font-weight:600;color:"
            (content.tone.colour()) ";" (WRAP) } { (content.state) }
        @if !content.facts.is_empty() {
            table role="presentation" width="100%" cellpadding="0" cellspacing="0"
                style="margin-top:12px;border-collapse:collapse" {
                @for (label, value) in &content.facts {
                    tr {
                        td."label soft" width="128" valign="top" style={ "width:128px;padding:2px 12px 2px 0;\
                            font-size:13px;line-height:20px;color:" (SOFT) } { (label) }
                        td.ink valign="top" style={ "padding:2px 0;font-size:13px;line-height:20px;color:" (INK) } {
                            (unbroken(value))
                        }
                    }
                }
            }
        }
        @for remark in &content.remarks {
            p.ink dir="auto" style={ "margin:12px 0 0;font-size:15px;line-height:23px;color:" (INK) ";" (WRAP) } {
                (remark)
            }
        }
    }
}

fn updates(content: &Content<'_>) -> Option<Markup> {
    (!content.updates.is_empty()).then(|| {
        html! {
            @for Update { phase, at, body } in &content.updates {
                div.line style={ "margin:0 0 14px;padding:0 0 0 12px;border-left:3px solid " (LINE) } {
                    p.soft style={ "margin:0;font-size:13px;line-height:20px;color:" (SOFT) } {
                        b.ink style={ "font-weight:600;color:" (INK) } { (phase) }
                        @if let Some(at) = at { " · " (unbroken(at)) }
                    }
                    @if !body.is_empty() {
                        div.ink dir="auto" style={ "margin:3px 0 0;font-size:15px;line-height:23px;color:" (INK) ";"
                            (WRAP) } { (markdown::to_html(body, &TEXT)) }
                    }
                }
            }
            @if let Some(not_shown) = &content.not_shown { (small(not_shown)) }
        }
    })
}

/// A heading for each state, and below it the names of each group in a line.
fn components(content: &Content<'_>) -> Option<Markup> {
    let has_any = !content.lists.is_empty() || content.closing.is_some();
    has_any.then(|| {
        html! {
            @for list in content.lists {
                p class=(list.tone.class()) style={ "margin:0 0 2px;font-size:14px;line-height:20px;font-weight:600;color:"
                    (list.tone.colour()) } { (list.label) }
                div.ink dir="auto" style={ "margin:0 0 12px;font-size:15px;line-height:23px;color:" (INK) ";" (WRAP) } {
                    @for (number, (group, names)) in list.by_group(content.names).iter().enumerate() {
                        @if number > 0 { br; }
                        @if let Some(group) = group { span.soft style={ "color:" (SOFT) } { (group) ": " } }
                        (names)
                    }
                    @if let Some(more) = list.more(content.names) { ", " (more) }
                }
            }
            @if let Some(closing) = content.closing {
                p.ink dir="auto" style={ "margin:0;font-size:15px;line-height:23px;color:" (INK) ";" (WRAP) } { (closing) }
            }
        }
    })
}

fn reasons(content: &Content<'_>) -> Option<Markup> {
    (!content.reasons.is_empty()).then(|| html! { @for reason in content.reasons { (small(reason)) } })
}

fn links(content: &Content<'_>) -> Option<Markup> {
    let (first, others) = content.links.split_first()?;
    Some(html! {
        a.button href=(first.url) style={ "display:inline-block;margin:4px 18px 4px 0;padding:9px 18px;\
            border-radius:6px;background:" (INK) ";color:#ffffff;font-size:14px;line-height:20px;font-weight:600;\
            text-decoration:none" } { (first.label) }
        @for other in others { (anchor(other, "display:inline-block;padding:9px 0;font-size:14px;line-height:20px")) }
    })
}

fn small(words: &str) -> Markup {
    html! { p.soft style={ "margin:0 0 6px;font-size:13px;line-height:20px;color:" (SOFT) } { (words) } }
}

fn anchor(link: &Link, style: &str) -> Markup {
    html! { a.link href=(link.url) style={ "color:" (LINK) ";" (style) } { (link.label) } }
}

/// Keeps the brackets at the end (the time in UTC) on one line.
fn unbroken(value: &str) -> Markup {
    let (value, brackets) = match value.split_once(" (") {
        Some((value, brackets)) => (value, Some(brackets)),
        None => (value, None),
    };
    html! {
        (value)
        @if let Some(brackets) = brackets { " " span style="white-space:nowrap" { "(" (brackets) } }
    }
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Self::Major => "major",
            Self::Minor => "minor",
            Self::Planned => "planned",
            Self::Good => "good",
            Self::Quiet => "quiet",
        }
    }

    /// On white, each with a contrast of 4.5 at least.
    fn colour(self) -> &'static str {
        match self {
            Self::Major => "#c0271d",
            Self::Minor => "#946000",
            Self::Planned => "#0b57d0",
            Self::Good => "#1a7f37",
            Self::Quiet => "#59636e",
        }
    }
}
