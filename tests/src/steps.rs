//! What a person does in the window, step by step, as the tests, the demo and the pictures share it.

use thirtyfour::prelude::Key;

use crate::failure::{Failure, Outcome};
use crate::page::{Sought, button, dialog, field, heading, radio, row, secret_of, status, tab};
use crate::window::Window;

/// Ada's password.
pub const PASSWORD: &str = "seven unrelated words";
/// The address of the account that is made there.
pub const EMAIL: &str = "ada@northwind.example";
/// The organization at a server.
pub const ORGANIZATION: &str = "Northwind Routing";

impl Window {
    /// Chooses one of the ways of the first start.
    ///
    /// # Errors
    /// That they are not offered.
    pub async fn choose(&self, way: &str) -> Outcome {
        self.see(&heading("Welcome to Keystead")).await?;
        for offered in [
            "On this computer",
            "Connect to a server",
            "I have an invitation",
            "Look around with sample data",
        ] {
            self.see(&radio(offered)).await?;
        }
        self.click(&radio(way)).await?;
        self.click(&button("Continue")).await
    }

    /// Starts a workspace on this computer, and waits for its inventory.
    ///
    /// # Errors
    /// What did not happen.
    pub async fn start_here(&self, name: &str, workspace: &str) -> Outcome {
        self.choose("On this computer").await?;
        self.see(&heading("On this computer")).await?;
        self.fill(&field("Your name"), name).await?;
        self.fill(&field("Workspace name"), workspace).await?;
        self.click(&button("Start")).await?;
        self.inventory().await
    }

    /// Waits for the inventory of an open workspace.
    ///
    /// # Errors
    /// That it did not come.
    pub async fn inventory(&self) -> Outcome {
        self.see(&heading("Keys")).await.map(drop)
    }

    /// Types a server's address and waits until it is shown who answers.
    ///
    /// # Errors
    /// That nobody did.
    pub async fn ask_who_answers(&self, url: &str) -> Outcome<String> {
        self.fill(&field("Server address"), url).await?;
        self.click(&button("Connect")).await?;
        let text = self.text_of(&Sought::new("group", "Server")).await?;
        Ok(text.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// Fills in the form of a new account, and sends it.
    ///
    /// # Errors
    /// What is not there.
    pub async fn fill_in_sign_up(&self) -> Outcome {
        self.click(&radio("Create account")).await?;
        self.fill(&field("Your name"), "Ada Vance").await?;
        self.fill(&field("Username"), "ada").await?;
        self.fill(&field("Organization name"), ORGANIZATION).await?;
        self.fill(&field("Email"), EMAIL).await?;
        self.fill(&field("Password"), PASSWORD).await
    }

    /// Connects to a server and makes an account there. What the server's card says.
    ///
    /// # Errors
    /// What did not happen.
    pub async fn sign_up_at(&self, url: &str) -> Outcome<String> {
        self.choose("Connect to a server").await?;
        let card = self.ask_who_answers(url).await?;
        self.fill_in_sign_up().await?;
        self.click(&button("Create account")).await?;
        self.inventory().await?;
        Ok(card)
    }

    /// Makes a team key and returns its secret, which stays on the screen.
    ///
    /// # Errors
    /// What did not happen.
    pub async fn create_key(&self, name: &str, description: &str) -> Outcome<String> {
        self.click(&button("New key")).await?;
        self.see(&dialog("New key")).await?;
        self.fill(&field("Name"), name).await?;
        if !description.is_empty() {
            self.fill(&field("Description"), description).await?;
        }
        self.click(&button("Create key")).await?;
        self.shown_secret().await
    }

    /// The secret that is on the screen, the one moment it is.
    ///
    /// # Errors
    /// That there is none.
    pub async fn shown_secret(&self) -> Outcome<String> {
        self.shown_secret_of("kst_team_").await
    }

    /// The same of a key of another kind, whose secrets begin like this.
    ///
    /// # Errors
    /// That there is none.
    pub async fn shown_secret_of(&self, prefix: &str) -> Outcome<String> {
        self.see(&dialog("Your new secret")).await?;
        let secret: String = self.ask(&secret_of(), "return arguments[0].textContent").await?;
        let body = secret.strip_prefix(prefix).unwrap_or_default();
        if body.len() == 36 && body.chars().all(|c| c.is_ascii_alphanumeric()) {
            Ok(secret)
        } else {
            Err(Failure::expected(
                &format!("a whole secret, {prefix} and 36 letters and digits"),
                short(&secret),
            ))
        }
    }

    /// Waits until the secret's screen says that the server has its hash.
    ///
    /// # Errors
    /// That it did not.
    pub async fn in_force(&self) -> Outcome<String> {
        self.read_in(&status("In force"), "in force since").await
    }

    /// Closes the secret, and makes sure that the page has forgotten it.
    ///
    /// # Errors
    /// That it has not.
    pub async fn close_secret(&self, secret: &str) -> Outcome {
        self.click(&button("Close")).await?;
        self.gone(&dialog("Your new secret")).await?;
        self.forgot(secret).await
    }

    /// Makes sure that no part of a secret that could be used is in the page.
    ///
    /// # Errors
    /// That one is.
    pub async fn forgot(&self, secret: &str) -> Outcome {
        let middle = secret.get(9..39).unwrap_or(secret);
        for text in [secret, middle] {
            if self.page_holds(text).await? {
                return Err(Failure::expected(
                    "the secret to be gone from the page",
                    "it is still there",
                ));
            }
        }
        Ok(())
    }

    /// Opens a key of the inventory beside the table.
    ///
    /// # Errors
    /// That it is not there.
    pub async fn open_key(&self, name: &str) -> Outcome {
        if !self.sees(&heading("Keys")).await? {
            self.click(&tab("Keys")).await?;
        }
        let panel = Sought::new("region", "Key details");
        // Right after its making it is open already.
        if self.sees(&panel).await? && self.text_of(&panel).await?.contains(name) {
            return Ok(());
        }
        self.click(&row(name)).await?;
        self.read_in(&panel, name).await.map(drop)
    }

    /// Waits until the open key's panel says this.
    ///
    /// # Errors
    /// That it does not.
    pub async fn panel_says(&self, words: &str) -> Outcome<String> {
        self.read_in(&Sought::new("region", "Key details"), words).await
    }

    /// Opens the dialog that revokes the open key.
    ///
    /// # Errors
    /// That it is not there.
    pub async fn ask_to_revoke(&self, name: &str) -> Outcome {
        self.click(&button("Revoke key").within("region", "Key details"))
            .await?;
        self.see(&dialog(&format!("Revoke {name}"))).await.map(drop)
    }

    /// Revokes the open key; types its name where that is asked for.
    ///
    /// # Errors
    /// What did not happen.
    pub async fn revoke(&self, name: &str, name_is_asked: bool) -> Outcome {
        self.ask_to_revoke(name).await?;
        let confirm = field(&format!("Type {name} to confirm"));
        if name_is_asked {
            self.fill(&confirm, name).await?;
        } else if self.sees(&confirm).await? {
            return Err(Failure::expected(
                "no name to be asked for, since the key was never used",
                "it is",
            ));
        }
        let title = format!("Revoke {name}");
        self.click(&button("Revoke key").within("dialog", &title)).await?;
        self.gone(&dialog(&title)).await
    }

    /// Inspects a text, and waits for an answer that contains these words.
    ///
    /// # Errors
    /// What did not happen.
    pub async fn inspect(&self, text: &str, words: &str) -> Outcome<String> {
        self.click(&tab("Inspect")).await?;
        self.fill(&field("Text to inspect"), text).await?;
        self.read_in(&Sought::new("region", "Findings"), words).await
    }

    /// Inspects a folder by its path, and waits for a result that contains these words.
    ///
    /// # Errors
    /// What did not happen.
    pub async fn inspect_folder(&self, folder: &std::path::Path, words: &str) -> Outcome<String> {
        self.click(&tab("Inspect")).await?;
        self.fill(&field("Text to inspect"), &folder.display().to_string())
            .await?;
        self.click(&button("Inspect this folder")).await?;
        self.read_in(&Sought::new("region", "Findings in files"), words)
            .await
    }

    /// Waits until the badge at the sidebar's foot says this.
    ///
    /// # Errors
    /// That it does not.
    pub async fn badge_says(&self, words: &str) -> Outcome<String> {
        let badge = status("Sync");
        self.until(
            &format!("the badge to say “{words}”"),
            std::time::Duration::from_secs(40),
            async || {
                if !self.sees(&badge).await? {
                    return Ok(None);
                }
                let text: String = self.ask(&badge, "return arguments[0].textContent").await?;
                Ok(text.contains(words).then_some(text))
            },
        )
        .await
    }

    /// Makes a passphrase vault, and waits for the first start.
    ///
    /// # Errors
    /// What did not happen.
    pub async fn make_vault(&self, passphrase: &str) -> Outcome {
        self.fill(&field("Passphrase"), passphrase).await?;
        self.fill(&field("Repeat passphrase"), passphrase).await?;
        self.click(&button("Create vault")).await?;
        self.see(&heading("Welcome to Keystead")).await.map(drop)
    }

    /// Asks for a round of sync now, by the palette.
    ///
    /// # Errors
    /// That the palette does not offer it.
    pub async fn sync_now(&self) -> Outcome {
        self.palette("Sync now").await?;
        self.see(&Sought::new("option", "Sync now")).await?;
        self.keys(Key::Enter).await?;
        self.gone(&dialog("Palette")).await
    }

    /// Opens the palette and types.
    ///
    /// # Errors
    /// That it did not open.
    pub async fn palette(&self, text: &str) -> Outcome {
        self.control('k').await?;
        self.see(&dialog("Palette")).await?;
        self.fill(&Sought::new("combobox", "Find a key, a screen or an act"), text)
            .await
    }

    /// Closes what is open with Escape.
    ///
    /// # Errors
    /// That it stayed.
    pub async fn escape(&self, open: &Sought) -> Outcome {
        self.keys(Key::Escape).await?;
        self.gone(open).await
    }
}

/// A secret as it may be printed: enough to tell apart, not enough to use.
#[must_use]
pub fn short(secret: &str) -> String {
    let count = secret.chars().count();
    if count < 20 {
        return format!("{count} characters");
    }
    let tail: String = secret.chars().skip(count - 4).collect();
    format!("{}…{tail}", secret.chars().take(9).collect::<String>())
}
