//! What becomes of an edit when somebody else edited too (O4): field by field, against what its author saw.

use std::collections::BTreeSet;

use protocol::key::KeyFields;

/// What to do with an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merge {
    /// The key is as its author wanted it already.
    Settled,
    /// This is to be made of the key as it is now.
    Make(KeyFields),
    /// Both changed the same field, differently: its author decides.
    Conflict(Vec<Field>),
}

/// A field that both changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The name.
    Name,
    /// The description.
    Description,
    /// The limit of requests a minute.
    Limit,
    /// The services, all of them together.
    Services,
}

/// Merges an edit that its author made of `base` into the key as it is now. A field that one side changed is taken
/// from that side; one that both changed alike is as wanted.
#[must_use]
pub fn merge(base: &KeyFields, mine: &KeyFields, theirs: &KeyFields) -> Merge {
    let name = one(&base.name, &mine.name, &theirs.name);
    let description = one(&base.description, &mine.description, &theirs.description);
    let limit = one(
        &base.requests_per_minute,
        &mine.requests_per_minute,
        &theirs.requests_per_minute,
    );
    // Who was added or taken away on either side: each by themselves, so nothing of it can clash.
    let people = one_by_one(&base.people, &mine.people, &theirs.people);
    let grants = one(&base.grants, &mine.grants, &theirs.grants);
    match (name, description, limit, grants) {
        (Some(name), Some(description), Some(limit), Some(grants)) => {
            let made = KeyFields {
                name: name.clone(),
                description: description.clone(),
                requests_per_minute: *limit,
                people,
                grants: grants.clone(),
            };
            if made == *theirs {
                Merge::Settled
            } else {
                Merge::Make(made)
            }
        }
        (name, description, limit, grants) => Merge::Conflict(
            [
                name.is_none().then_some(Field::Name),
                description.is_none().then_some(Field::Description),
                limit.is_none().then_some(Field::Limit),
                grants.is_none().then_some(Field::Services),
            ]
            .into_iter()
            .flatten()
            .collect(),
        ),
    }
}

/// The merged field; nothing where both changed it differently.
fn one<'a, T: PartialEq>(base: &T, mine: &'a T, theirs: &'a T) -> Option<&'a T> {
    if mine == base || mine == theirs {
        Some(theirs)
    } else if theirs == base {
        Some(mine)
    } else {
        None
    }
}

/// The merged set: what both have, what either added, without what either took away.
#[must_use]
pub fn one_by_one<T: Ord + Copy>(
    base: &BTreeSet<T>,
    mine: &BTreeSet<T>,
    theirs: &BTreeSet<T>,
) -> BTreeSet<T> {
    let added = mine.difference(base);
    let kept = theirs
        .iter()
        .filter(|one| mine.contains(one) || !base.contains(one));
    kept.chain(added).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::catalog::{BillingPolicy, CatalogId};
    use domain::grant::KeyGrant;
    use domain::id::MemberId;
    use domain::limit::RequestLimit;
    use domain::name::{Description, KeyName};
    use proptest::prelude::*;

    fn fields(name: &str, description: &str) -> KeyFields {
        KeyFields {
            name: KeyName::parse(name).unwrap(),
            description: Description::parse(description).unwrap(),
            requests_per_minute: None,
            people: BTreeSet::new(),
            grants: Vec::new(),
        }
    }

    fn assigned(fields: KeyFields, people: &[u8]) -> KeyFields {
        let member = |number: &u8| {
            let text = format!("mem_{number:032x}");
            text.parse::<MemberId>().unwrap()
        };
        KeyFields {
            people: people.iter().map(member).collect(),
            ..fields
        }
    }

    fn granted(fields: KeyFields, services: &[&str]) -> KeyFields {
        let grants = services.iter().map(|service| KeyGrant {
            service: CatalogId::parse(service).unwrap(),
            policy: BillingPolicy::Free,
            models: Vec::new(),
            wallet: None,
        });
        KeyFields {
            grants: grants.collect(),
            ..fields
        }
    }

    #[test]
    fn k5_services_are_merged_as_one_field() {
        let base = granted(fields("a", "x"), &["routes"]);
        let mine = granted(fields("a", "x"), &["routes", "tsp"]);
        let theirs = granted(fields("b", "x"), &["routes"]);
        assert_eq!(
            merge(&base, &mine, &theirs),
            Merge::Make(granted(fields("b", "x"), &["routes", "tsp"]))
        );
        let others = granted(fields("a", "x"), &[]);
        assert_eq!(
            merge(&base, &mine, &others),
            Merge::Conflict(vec![Field::Services])
        );
        assert_eq!(merge(&base, &mine, &mine), Merge::Settled);
    }

    fn limited(fields: KeyFields, per_minute: u32) -> KeyFields {
        KeyFields {
            requests_per_minute: RequestLimit::new(per_minute).ok(),
            ..fields
        }
    }

    #[test]
    fn o4_fields_changed_on_one_side_merge() {
        let (base, mine, theirs) = (fields("a", "x"), fields("b", "x"), fields("a", "y"));
        assert_eq!(merge(&base, &mine, &theirs), Merge::Make(fields("b", "y")));
    }

    #[test]
    fn o4_the_same_field_changed_on_both_is_a_conflict() {
        let (base, mine, theirs) = (fields("a", "x"), fields("b", "y"), fields("c", "y"));
        assert_eq!(merge(&base, &mine, &theirs), Merge::Conflict(vec![Field::Name]));
    }

    #[test]
    fn k14_a_limit_is_merged_like_any_field() {
        let base = limited(fields("a", "x"), 60);
        let (mine, theirs) = (limited(fields("a", "x"), 600), fields("b", "x"));
        assert_eq!(merge(&base, &base, &theirs), Merge::Settled);
        assert_eq!(
            merge(&base, &mine, &limited(theirs.clone(), 60)),
            Merge::Make(limited(fields("b", "x"), 600))
        );
        assert_eq!(merge(&base, &mine, &theirs), Merge::Conflict(vec![Field::Limit]));
    }

    #[test]
    fn k4_people_merge_one_by_one_and_never_clash() {
        let of = |people: &[u8]| assigned(fields("a", "x"), people);
        // Ada adds 3 and takes 1 away; meanwhile somebody added 4 and took 2 away.
        let merged = merge(&of(&[1, 2]), &of(&[2, 3]), &of(&[1, 4]));
        assert_eq!(merged, Merge::Make(of(&[3, 4])));
        assert_eq!(merge(&of(&[1]), &of(&[1, 2]), &of(&[1, 2])), Merge::Settled);
    }

    #[test]
    fn o4_what_is_so_already_needs_nothing() {
        let (base, mine) = (fields("a", "x"), fields("b", "x"));
        assert_eq!(merge(&base, &mine, &mine), Merge::Settled);
        assert_eq!(merge(&base, &base, &mine), Merge::Settled);
    }

    prop_compose! {
        fn any_fields()(
            name in "[ab]",
            description in "[xy]?",
            limit in 0u32..3,
            people in prop::collection::vec(0u8..4, 0..4),
        ) -> KeyFields {
            assigned(limited(fields(&name, &description), limit), &people)
        }
    }

    proptest! {
        /// Nothing is lost: what only one side changed is as that side wanted, and what both changed differently is
        /// never decided here.
        #[test]
        fn o4_nothing_is_overwritten_silently(base in any_fields(), mine in any_fields(), theirs in any_fields()) {
            let result = merge(&base, &mine, &theirs);
            let clash = |b: &str, m: &str, t: &str| m != b && t != b && m != t;
            let name = clash(base.name.as_str(), mine.name.as_str(), theirs.name.as_str());
            let description = clash(base.description.as_str(), mine.description.as_str(), theirs.description.as_str());
            let limit = mine.requests_per_minute != base.requests_per_minute
                && theirs.requests_per_minute != base.requests_per_minute
                && mine.requests_per_minute != theirs.requests_per_minute;
            match result {
                Merge::Conflict(of) => {
                    prop_assert_eq!(of.contains(&Field::Name), name);
                    prop_assert_eq!(of.contains(&Field::Description), description);
                    prop_assert_eq!(of.contains(&Field::Limit), limit);
                }
                Merge::Settled | Merge::Make(_) => {
                    prop_assert!(!name && !description && !limit);
                    let made = if let Merge::Make(made) = result { made } else { theirs.clone() };
                    let wanted = if mine.name == base.name { &theirs.name } else { &mine.name };
                    prop_assert_eq!(&made.name, wanted);
                    let wanted = if mine.description == base.description { &theirs.description } else { &mine.description };
                    prop_assert_eq!(&made.description, wanted);
                    let kept = mine.requests_per_minute == base.requests_per_minute;
                    let wanted = if kept { theirs.requests_per_minute } else { mine.requests_per_minute };
                    prop_assert_eq!(made.requests_per_minute, wanted);
                    for person in 0..4 {
                        let has = |fields: &KeyFields| !assigned(fields.clone(), &[person]).people.is_disjoint(&fields.people);
                        let wanted = if has(&mine) == has(&base) { has(&theirs) } else { has(&mine) };
                        prop_assert_eq!(has(&made), wanted);
                    }
                }
            }
        }

        /// Merging again after it was carried out asks for nothing more.
        #[test]
        fn o4_a_merge_is_done_once(base in any_fields(), mine in any_fields(), theirs in any_fields()) {
            if let Merge::Make(made) = merge(&base, &mine, &theirs) {
                prop_assert_eq!(merge(&base, &mine, &made), Merge::Settled);
            }
        }
    }
}
