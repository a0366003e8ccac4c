//! Keys: opened once at start, or there is no start.

use std::{fmt, path::Path, sync::Arc};

use adapters::vault::{FixedKey, LocalRoot, RootError, RootKeys, Vault, WebSecretKey, keep_apart};
use jiff::Timestamp;

use store::{Store, StoreError, audit::chain::ChainKey, instance};

use crate::{config::DataConfig, refusal::Refusal};

/// The vault, and the fixed keys that the web app needs.
pub struct Keys {
    /// Seals and opens secrets.
    pub vault: Arc<Vault>,
    /// Signs cookies.
    pub cookie: [u8; 64],
    /// Signs the cookie by which a browser is known again.
    pub browsers: [u8; 32],
    /// Hashes codes that are sent by mail.
    pub codes: [u8; 32],
    /// Chain the audit log: one for each root version that is held, the newest last.
    pub audit: Vec<ChainKey>,
    root: Arc<LocalRoot>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys")
    }
}

impl Keys {
    /// Opens the keys of `config`, or makes them on first use.
    ///
    /// # Errors
    /// The files cannot be read or are open to others, they lie inside the data, or
    /// `WEB_SECRET_KEY` is not the one they were made from.
    pub async fn open(config: &DataConfig) -> Result<Self, Refusal> {
        let make = |dir: &Path, secret| LocalRoot::open_or_create(dir, secret, Timestamp::now());
        Self::of(with_root(config, make).await?).await
    }

    /// Opens the keys of `config` for a look and makes none: `None` where there are none.
    ///
    /// # Errors
    /// As [`Keys::open`].
    pub async fn find(config: &DataConfig) -> Result<Option<Self>, Refusal> {
        match with_root(config, |dir, secret| LocalRoot::open(dir, secret)).await? {
            Some(root) => Self::of(root).await.map(Some),
            None => Ok(None),
        }
    }

    async fn of(root: LocalRoot) -> Result<Self, Refusal> {
        let root = Arc::new(root);
        let roots: Arc<dyn RootKeys> = root.clone();
        let vault = Arc::new(Vault::new(Arc::clone(&roots)));
        let newest = roots.newest();
        let no_key = |err: adapters::vault::VaultError| Refusal::new(format!("keys: {err}"));
        let cookie = vault.fixed_key(FixedKey::CookieSigning, newest).await.map_err(no_key)?;
        let browsers = vault.fixed_key(FixedKey::KnownBrowser, newest).await.map_err(no_key)?;
        let codes = vault.fixed_key(FixedKey::OneTimeCodes, newest).await.map_err(no_key)?;
        let mut audit = Vec::new();
        for (version, _) in root.versions() {
            let key = vault.fixed_key(FixedKey::AuditChain, version).await.map_err(no_key)?;
            audit.push(ChainKey::new(version.number(), *key));
        }
        Ok(Self { cookie: *cookie, browsers: *browsers, codes: *codes, audit, vault, root })
    }

    /// `store` as it may write lines of the audit log.
    pub fn chain(&self, store: Store) -> Store {
        store.chained(self.audit.clone())
    }

    /// Makes sure that these are the keys the data were sealed with. The first start writes down whose
    /// they are.
    ///
    /// # Errors
    /// The database was begun with another root key: nothing sealed in it would ever open.
    pub async fn belong_to(&self, store: &Store) -> Result<(), Refusal> {
        let ours = self.root.fingerprint();
        let begun_with = store
            .system("whose keys the data were sealed with", async |tx| {
                Ok::<_, StoreError>(instance::root_fingerprint(tx, &ours).await?)
            })
            .await
            .map_err(unasked)?;
        self.recognise(&begun_with)
    }

    /// As [`Keys::belong_to`], for a look: writes nothing down, and any keys fit a database that nobody
    /// has begun.
    ///
    /// # Errors
    /// As [`Keys::belong_to`].
    pub async fn fit(&self, store: &Store) -> Result<(), Refusal> {
        sealed_with(store).await?.map_or(Ok(()), |begun_with| self.recognise(&begun_with))
    }

    fn recognise(&self, begun_with: &str) -> Result<(), Refusal> {
        if self.root.recognises(begun_with) {
            return Ok(());
        }
        Err(Refusal::new(
            "keys: this database was sealed with another root key; put back the files of \
             GANNET_KEYS (or the WEB_SECRET_KEY) that belong to it, or start with an empty database",
        ))
    }
}

/// The fingerprint of the keys that the data were sealed with; none when nothing was.
///
/// # Errors
/// The database cannot be asked.
pub(crate) async fn sealed_with(store: &Store) -> Result<Option<String>, Refusal> {
    let ask = store.system("whose keys the data were sealed with", async |tx| {
        Ok::<_, StoreError>(instance::begun_with(tx).await?)
    });
    ask.await.map_err(unasked)
}

fn unasked(err: StoreError) -> Refusal {
    Refusal::new(format!("keys: the database cannot be asked: {err}"))
}

/// What `open` makes of the directory of `config`, which lies apart from the data.
async fn with_root<T: Send + 'static>(
    config: &DataConfig,
    open: impl FnOnce(&Path, Option<WebSecretKey>) -> Result<T, RootError> + Send + 'static,
) -> Result<T, Refusal> {
    let config = config.clone();
    let opened = tokio::task::spawn_blocking(move || {
        let refuse = |err: RootError| Refusal::new(format!("keys: {err}"));
        keep_apart(&config.keys, &config.database_dir()).map_err(refuse)?;
        let secret = config.web_secret_key.as_ref();
        let secret = secret.map(|secret| WebSecretKey::parse(secret.reveal())).transpose();
        let secret = secret.map_err(|err| Refusal::new(format!("WEB_SECRET_KEY: {err}")))?;
        open(&config.keys, secret).map_err(refuse)
    });
    opened.await.map_err(|err| Refusal::new(format!("cannot open the keys: {err}")))?
}
