//! What becomes of an edit when somebody else edited too (O4): field by field, against what its author saw.

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
}

/// Merges an edit that its author made of `base` into the key as it is now. A field that one side changed is taken
/// from that side; one that both changed alike is as wanted.
#[must_use]
pub fn merge(base: &KeyFields, mine: &KeyFields, theirs: &KeyFields) -> Merge {
    let name = one(&base.name, &mine.name, &theirs.name);
    let description = one(&base.description, &mine.description, &theirs.description);
    match (name, description) {
        (Some(name), Some(description)) => {
            let made = KeyFields {
                name: name.clone(),
                description: description.clone(),
            };
            if made == *theirs {
                Merge::Settled
            } else {
                Merge::Make(made)
            }
        }
        (name, description) => Merge::Conflict(
            [
                name.is_none().then_some(Field::Name),
                description.is_none().then_some(Field::Description),
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

#[cfg(test)]
mod tests {
    use super::*;
    use domain::name::{Description, KeyName};
    use proptest::prelude::*;

    fn fields(name: &str, description: &str) -> KeyFields {
        KeyFields {
            name: KeyName::parse(name).unwrap(),
            description: Description::parse(description).unwrap(),
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
    fn o4_what_is_so_already_needs_nothing() {
        let (base, mine) = (fields("a", "x"), fields("b", "x"));
        assert_eq!(merge(&base, &mine, &mine), Merge::Settled);
        assert_eq!(merge(&base, &base, &mine), Merge::Settled);
    }

    prop_compose! {
        fn any_fields()(name in "[ab]", description in "[xy]?") -> KeyFields {
            fields(&name, &description)
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
            match result {
                Merge::Conflict(of) => {
                    prop_assert_eq!(of.contains(&Field::Name), name);
                    prop_assert_eq!(of.contains(&Field::Description), description);
                }
                Merge::Settled | Merge::Make(_) => {
                    prop_assert!(!name && !description);
                    let made = if let Merge::Make(made) = result { made } else { theirs.clone() };
                    let wanted = if mine.name == base.name { &theirs.name } else { &mine.name };
                    prop_assert_eq!(&made.name, wanted);
                    let wanted = if mine.description == base.description { &theirs.description } else { &mine.description };
                    prop_assert_eq!(&made.description, wanted);
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
