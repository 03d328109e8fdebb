//! `train.augment`: random changes of training samples.

use wellfit_data::Augment;

use super::check::require;
use super::error::PlanError;
use super::section::{Field, Section};
use super::write::number;

const NAMES: [&str; 12] = [
    "flip",
    "flip-vertical",
    "shift",
    "crop",
    "rotate",
    "zoom",
    "erase",
    "brightness",
    "contrast",
    "noise",
    "mixup",
    "cutmix",
];

pub(super) fn read_augment(mut section: Section<'_>) -> Result<Augment, PlanError> {
    let kind = section.need("type")?.choice(&NAMES.map(|name| (name, name)))?;
    let mut value =
        |key, default| section.field(key).map_or(Ok(default), |field: Field<'_>| field.number());
    let augment = match kind {
        "flip" => Augment::Flip { p: value("p", 0.5)? },
        "flip-vertical" => Augment::FlipVertical { p: value("p", 0.5)? },
        "shift" => Augment::Shift { pixels: section.need("pixels")?.count(1)? },
        "crop" => Augment::Crop { padding: section.need("padding")?.count(1)? },
        "rotate" => Augment::Rotate { degrees: section.need("degrees")?.number()? },
        "zoom" => Augment::Zoom { by: section.need("by")?.number()? },
        "erase" => Augment::Erase { p: value("p", 0.5)?, area: value("area", 0.2)? },
        "brightness" => Augment::Brightness { by: section.need("by")?.number()? },
        "contrast" => Augment::Contrast { by: section.need("by")?.number()? },
        "noise" => Augment::Noise { std: section.need("std")?.number()? },
        "mixup" => Augment::Mixup { alpha: value("alpha", 0.2)? },
        _ => Augment::Cutmix { alpha: value("alpha", 1.0)? },
    };
    section.finish()?;
    Ok(augment)
}

pub(super) fn check_augment(at: &str, augment: &Augment) -> Result<(), PlanError> {
    let rule = |key: &str, value: f64, ok: bool, range: &str| {
        require(ok, format!("{at}.{key}"), value, range)
    };
    let share = |key: &str, p: f64| rule(key, p, (0.0..=1.0).contains(&p), "from 0 to 1");
    let up_to = |key: &str, value: f64, most: f64| {
        let range = format!("above 0 and at most {most}");
        rule(key, value, value > 0.0 && value <= most, &range)
    };
    let above_0 = |key: &str, value: f64| {
        rule(key, value, value > 0.0 && value.is_finite(), "a finite number above 0")
    };
    match *augment {
        Augment::Flip { p } | Augment::FlipVertical { p } => share("p", p),
        Augment::Shift { pixels: n } => rule("pixels", n as f64, n > 0, "at least 1"),
        Augment::Crop { padding: n } => rule("padding", n as f64, n > 0, "at least 1"),
        Augment::Rotate { degrees } => up_to("degrees", degrees, 180.0),
        Augment::Zoom { by } => rule("by", by, by > 0.0 && by < 1.0, "above 0 and below 1"),
        Augment::Erase { p, area } => share("p", p).and_then(|()| up_to("area", area, 1.0)),
        Augment::Brightness { by } | Augment::Contrast { by } => up_to("by", by, 1.0),
        Augment::Noise { std } => above_0("std", std),
        Augment::Mixup { alpha } | Augment::Cutmix { alpha } => above_0("alpha", alpha),
    }
}

pub(super) fn write_augment(augment: &Augment) -> String {
    let settings: Vec<(&str, String)> = match *augment {
        Augment::Flip { p } | Augment::FlipVertical { p } => vec![("p", number(p))],
        Augment::Shift { pixels } => vec![("pixels", pixels.to_string())],
        Augment::Crop { padding } => vec![("padding", padding.to_string())],
        Augment::Rotate { degrees } => vec![("degrees", number(degrees))],
        Augment::Zoom { by } | Augment::Brightness { by } | Augment::Contrast { by } => {
            vec![("by", number(by))]
        }
        Augment::Erase { p, area } => vec![("p", number(p)), ("area", number(area))],
        Augment::Noise { std } => vec![("std", number(std))],
        Augment::Mixup { alpha } | Augment::Cutmix { alpha } => vec![("alpha", number(alpha))],
    };
    let settings: Vec<String> =
        settings.into_iter().map(|(key, value)| format!(", {key} = {value}")).collect();
    format!("{{ type = \"{}\"{} }}", augment.name(), settings.concat())
}
