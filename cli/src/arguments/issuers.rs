//! What can be asked about identity providers outside.

use clap::{Args, Subcommand, ValueEnum};
use domain::issuer::{MOST_LEEWAY_SECONDS, SigningAlgorithm};

#[derive(Subcommand)]
pub(crate) enum IssuersCommand {
    /// List the issuers, and whom their subjects stand for.
    List,
    /// Say what an issuer says of itself. The server asks it; nothing is registered.
    Look {
        /// Its URL, or the address of its description.
        url: String,
    },
    /// Register an issuer: from then on its tokens for this audience are good, where they are about somebody mapped.
    Add(AddIssuer),
    /// Say whom a subject stands for, or with --by-email whether members are known by the address the issuer verified.
    #[command(group = clap::ArgGroup::new("what").required(true).args(["member", "service_account", "nobody", "by_email"]))]
    Map {
        /// The issuer's id or URL.
        issuer: String,
        /// The subject, as the issuer names them.
        #[arg(long, conflicts_with = "by_email")]
        subject: Option<String>,
        /// The member whom the subject is to stand for: their email address or id.
        #[arg(long, requires = "subject")]
        member: Option<String>,
        /// The service account which the subject is to stand for: its name or id.
        #[arg(long, requires = "subject", value_name = "NAME")]
        service_account: Option<String>,
        /// The subject is to stand for nobody any more.
        #[arg(long, requires = "subject")]
        nobody: bool,
        /// Whether a member is known by the address the issuer verified, where the subject is not mapped.
        #[arg(long, value_enum)]
        by_email: Option<Switch>,
    },
    /// Say what would be answered to a token, and why. It is looked at on this computer. Exit code 4: not good.
    Check {
        /// A file with the token; `-` reads standard input, so that it is in no shell history.
        #[arg(default_value = "-")]
        file: String,
    },
    /// Remove an issuer: its tokens are good no more.
    Remove {
        /// The issuer's id or URL.
        issuer: String,
        /// Don't ask for the URL.
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Args)]
pub(crate) struct AddIssuer {
    /// Its URL, or the address of its description.
    pub(crate) url: String,
    /// For whom its tokens have to be (`aud`).
    #[arg(long)]
    pub(crate) audience: String,
    /// Which claim says whom a token is about.
    #[arg(long, default_value = "sub", value_name = "CLAIM")]
    pub(crate) subject_claim: String,
    /// How its tokens may be signed; may be repeated [default: how it says it signs, as far as that can be checked]
    #[arg(long = "algorithm", value_name = "NAME", value_parser = algorithm)]
    pub(crate) algorithms: Vec<SigningAlgorithm>,
    /// How many seconds its clock may be off, at most 60.
    #[arg(long, default_value_t = 30, value_name = "SECONDS",
        value_parser = clap::value_parser!(u32).range(..=i64::from(MOST_LEEWAY_SECONDS)))]
    pub(crate) leeway: u32,
    /// A token stands, where its subject is not mapped, for the member whose address it says is verified.
    #[arg(long)]
    pub(crate) by_email: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    /// Yes.
    On,
    /// No.
    Off,
}

fn algorithm(text: &str) -> Result<SigningAlgorithm, String> {
    SigningAlgorithm::from_name(text).ok_or_else(|| {
        let names: Vec<&str> = SigningAlgorithm::ALL
            .into_iter()
            .map(SigningAlgorithm::as_str)
            .collect();
        format!("there are {}", names.join(", "))
    })
}
