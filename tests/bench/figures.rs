//! What was measured, beside what is allowed: a table for people, a line of JSON each for machines.

/// One thing that was measured.
pub(crate) struct Figure {
    name: &'static str,
    value: f64,
    unit: &'static str,
    target: f64,
}

pub(crate) struct Bench {
    pub(crate) wanted: Option<String>,
    pub(crate) json: bool,
    pub(crate) figures: Vec<Figure>,
}

impl Bench {
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.wanted.as_deref().is_none_or(|wanted| name.contains(wanted))
    }

    /// Whether any figure whose name begins so is wanted.
    pub(crate) fn wants_any(&self, part: &str) -> bool {
        self.wanted
            .as_deref()
            .is_none_or(|wanted| wanted.starts_with(part) || part.starts_with(wanted))
    }

    pub(crate) fn tell(&mut self, name: &'static str, value: f64, unit: &'static str, target: f64) {
        if !self.wants(name) {
            return;
        }
        let met = value <= target;
        if self.json {
            let line = serde_json::json!({ "name": name, "value": value, "unit": unit, "target": target, "met": met });
            println!("{line}");
        }
        self.figures.push(Figure {
            name,
            value,
            unit,
            target,
        });
    }

    pub(crate) fn table(&self) {
        if self.json {
            return;
        }
        println!(
            "{:<34} {:>10} {:<4} {:>10}  met",
            "figure", "value", "unit", "target"
        );
        for Figure {
            name,
            value,
            unit,
            target,
        } in &self.figures
        {
            let met = if value <= target { "yes" } else { "no" };
            println!(
                "{name:<34} {value:>10.2} {unit:<4} {:>10}  {met}",
                format!("≤ {target}")
            );
        }
    }
}
