//! The only reader of environment variables. An empty variable counts as not set, because templates and compose files
//! write it so. Errors name the variable and never its value, which may be a secret.
use std::{env::VarError, fmt::Display, str::FromStr};

use anyhow::Context as _;

/// The value of a variable that must be set.
pub fn required(name: &str) -> anyhow::Result<String> {
    optional(name)?.with_context(|| format!("the environment variable {name} is not set: set it and start again"))
}

/// The value of a variable, if it is set and not empty.
pub fn optional(name: &str) -> anyhow::Result<Option<String>> {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    let value = std::env::var(name);
    match value {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => {
            anyhow::bail!("the environment variable {name} is not valid UTF-8: set it again")
        }
    }
}

/// Comma-separated values; none if the variable is not set or empty. Errors give the number of the wrong entry.
pub fn list<T: FromStr<Err: Display>>(name: &str) -> anyhow::Result<Vec<T>> {
    let parse = |(number, entry): (usize, &str)| {
        let wrong =
            |err| anyhow::anyhow!("entry {} of the environment variable {name} is not valid: {err}", number + 1);
        entry.trim().parse().map_err(wrong)
    };
    optional(name)?.map_or_else(|| Ok(Vec::new()), |text| text.split(',').enumerate().map(parse).collect())
}

// Cargo sets CARGO_PKG_NAME and CARGO_PKG_VERSION_MAJOR for the tests it runs; a test must not set variables, because
// its neighbours read the same environment on other threads.
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_variable_is_returned() {
        assert_eq!(required("CARGO_PKG_NAME").unwrap(), "startup");
        assert_eq!(list::<u32>("CARGO_PKG_VERSION_MAJOR").unwrap(), [0]);
    }

    #[test]
    fn a_missing_variable_is_named() {
        assert_eq!(optional("STATUSWIRE_NOT_SET").unwrap(), None);
        assert!(list::<u32>("STATUSWIRE_NOT_SET").unwrap().is_empty());
        let error = required("STATUSWIRE_NOT_SET").unwrap_err().to_string();
        assert!(error.contains("STATUSWIRE_NOT_SET"), "{error}");
    }

    #[test]
    fn an_empty_variable_counts_as_not_set() {
        // Cargo passes an empty CARGO_PKG_HOMEPAGE, as this package has none.
        assert_eq!(optional("CARGO_PKG_HOMEPAGE").unwrap(), None);
    }

    #[test]
    fn an_unreadable_value_is_named_but_not_repeated() {
        let error = list::<u32>("CARGO_PKG_NAME").unwrap_err().to_string();
        assert!(error.contains("CARGO_PKG_NAME") && !error.contains("startup"), "{error}");
    }
}
