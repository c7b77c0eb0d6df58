//! What was measured, beside what is allowed: a table for people, a line of JSON each for machines.

/// One thing that was measured.
pub(crate) struct Figure {
    name: &'static str,
    value: f64,
    unit: &'static str,
    target: f64,
    better: Better,
}

/// Which values are better than the target.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Better {
    Less,
    More,
}

impl Better {
    fn met(self, value: f64, target: f64) -> bool {
        match self {
            Self::Less => value <= target,
            Self::More => value >= target,
        }
    }

    const fn sign(self) -> char {
        match self {
            Self::Less => '≤',
            Self::More => '≥',
        }
    }
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

    /// Tells a value that may be the target at the most.
    pub(crate) fn tell(&mut self, name: &'static str, value: f64, unit: &'static str, target: f64) {
        self.figure(name, value, unit, target, Better::Less);
    }

    /// Tells a value that has to be the target at the least.
    pub(crate) fn tell_at_least(&mut self, name: &'static str, value: f64, unit: &'static str, target: f64) {
        self.figure(name, value, unit, target, Better::More);
    }

    fn figure(&mut self, name: &'static str, value: f64, unit: &'static str, target: f64, better: Better) {
        if !self.wants(name) {
            return;
        }
        let met = better.met(value, target);
        if self.json {
            let line = serde_json::json!({ "name": name, "value": value, "unit": unit, "target": target, "met": met });
            println!("{line}");
        }
        self.figures.push(Figure {
            name,
            value,
            unit,
            target,
            better,
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
            better,
        } in &self.figures
        {
            let met = if better.met(*value, *target) { "yes" } else { "no" };
            println!(
                "{name:<34} {value:>10.2} {unit:<4} {:>10}  {met}",
                format!("{} {target}", better.sign())
            );
        }
    }
}
