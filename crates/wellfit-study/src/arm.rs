//! Arms: chains of remedies, one of which may have a range of strengths.

use wellfit_train::plan::Plan;

use crate::remedy::{Calls, RemedyError, Spacing, Strengths, Value};

/// A chain of remedies under a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// Unique within the study.
    pub name: String,
    /// As written: `dropout(0.5, input=0.5)`; `key = value` for what `set` changes. Of
    /// a range of strengths, the arm's own.
    pub remedies: Vec<String>,
    /// The base plan with the remedies applied.
    pub plan: Plan,
    /// Where it stands among arms that differ in a strength.
    pub strength: Option<Strength>,
}

/// Where an arm stands among arms that differ in a strength.
#[derive(Clone, Debug, PartialEq)]
pub struct Strength {
    /// What the arms have in common: `dropout(0.1..0.6)`.
    pub family: String,
    /// How strong; finite, and above 0 where the spacing is logarithmic.
    pub value: f64,
    /// How the family's strengths lie apart.
    pub spacing: Spacing,
    /// Whether smaller values are stronger.
    pub falling: bool,
}

/// Arms in the making: one, or one for each strength of a range.
pub(crate) struct Chain {
    /// What the arms have in common, as written, the range included.
    family: Vec<String>,
    /// How the range's strengths lie apart, and whether smaller ones are stronger, once
    /// there is a range.
    scale: Option<(Spacing, bool)>,
    rungs: Vec<Rung>,
}

#[derive(Clone)]
struct Rung {
    strength: Option<f64>,
    written: Vec<String>,
    plan: Plan,
}

impl Chain {
    /// A chain that begins with a plan and what changed it.
    pub(crate) fn new(plan: Plan, written: Vec<String>) -> Chain {
        let rung = Rung { strength: None, written: written.clone(), plan };
        Chain { family: written, scale: None, rungs: vec![rung] }
    }

    /// With one remedy more, as written.
    pub(crate) fn then(mut self, text: &str) -> Result<Chain, RemedyError> {
        match text.parse()? {
            Calls::One(call) => {
                self.family.push(text.to_owned());
                for rung in &mut self.rungs {
                    rung.plan = call.apply(&rung.plan)?;
                    rung.written.push(text.to_owned());
                }
            }
            Calls::Several(Strengths { family, spacing, falling, calls }) => {
                let [rung] = self.rungs.as_slice() else {
                    let problem = "an arm can have only one";
                    return Err(RemedyError::Range { text: text.to_owned(), problem });
                };
                let rungs = calls.iter().map(|(strength, call)| {
                    let mut written = rung.written.clone();
                    written.push(call.to_string());
                    let plan = call.apply(&rung.plan)?;
                    Ok(Rung { strength: Some(*strength), written, plan })
                });
                self.rungs = rungs.collect::<Result<_, _>>()?;
                self.family.push(family);
                self.scale = Some((spacing, falling));
            }
        }
        Ok(self)
    }

    /// Whether the plan is as it was.
    pub(crate) fn is_empty(&self) -> bool {
        self.family.is_empty()
    }

    /// The arms. Without a name they are called by what they change; with one, those
    /// of a range are called by the name and their strength.
    pub(crate) fn arms(self, name: Option<&str>) -> Vec<Arm> {
        let family = name.map_or_else(|| self.family.join(" + "), str::to_owned);
        let arm = |Rung { strength, written, plan }: Rung| {
            let own = match (name, strength) {
                (None, _) => written.join(" + "),
                (Some(name), None) => name.to_owned(),
                (Some(name), Some(value)) => format!("{name} {}", Value::Number(value)),
            };
            let (spacing, falling) = self.scale.unwrap_or((Spacing::Linear, false));
            let family = family.clone();
            let strength = strength.map(|value| Strength { family, value, spacing, falling });
            Arm { name: own, remedies: written, plan, strength }
        };
        self.rungs.into_iter().map(arm).collect()
    }
}

impl Arm {
    /// The plan as it stands, under a name.
    pub fn plain(name: &str, plan: Plan) -> Arm {
        Arm { name: name.to_owned(), remedies: Vec::new(), plan, strength: None }
    }
}
