//! `report.html`: one file that answers first, proves second, and lets readers dig.

mod data;
mod sections;
mod table;

use crate::palette;
use crate::picture::panels;
use crate::text::escape;
use crate::view::View;

const STYLE: &str = include_str!("../../assets/report.css");
const SCRIPT: &str = include_str!("../../assets/report.js");

/// The page.
pub fn html(view: &View) -> String {
    let shown = view.shown();
    let panels = panels(view, &shown);
    let name = escape(&view.records.study.name);
    let headline = escape(&view.findings.answer.headline);
    let (light, dark) = (palette::variables(false), palette::variables(true));
    let sections = [
        sections::answer(view),
        sections::effects(view),
        sections::strengths(view),
        sections::curves(view, &shown),
        sections::claims(view),
        sections::inside(view),
        sections::checked(view),
        sections::weights(view, &panels),
        sections::figures(view),
        sections::plans(view),
        sections::origin(view),
    ]
    .concat();
    let json = data::json(view, &shown, &panels);
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="{headline}">
<title>{name} – wellfit</title>
<style>
:root{{{light}}}
@media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}
:root[data-theme=dark]{{{dark}}}
@media print{{:root:root:root{{{light}}}}}
{STYLE}</style>
</head>
<body>
<main>
{sections}</main>
<script type="application/json" id="data">{json}</script>
<script>
{SCRIPT}</script>
</body>
</html>
"#
    )
}
