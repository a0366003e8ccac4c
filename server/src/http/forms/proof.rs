//! The password once more.

use contract::{ClientError, auth::Again};
use tower_sessions::Session;

use super::{Forms, Posted, auth::unavailable};
use crate::http::session;

impl Posted {
    /// Has the viewer prove who they are with what stands in [`Again::FIELD`], unless they did within
    /// the last ten minutes. From here on the request counts as fresh.
    ///
    /// # Errors
    /// A complaint at that field; the database is away. Nobody signed in is for the use case to say.
    pub async fn prove(&mut self, forms: &Forms) -> Result<(), ClientError> {
        if self.cx.viewer.is_none() || self.cx.is_fresh() {
            return Ok(());
        }
        let again = self.read::<Again>()?;
        forms.backend.auth.prove(&self.cx, again).await?;
        if let Some(session) = self.extensions.get::<Session>() {
            session::note_proof(session, &self.cx).await.map_err(unavailable)?;
        }
        self.cx.proved_at = Some(self.cx.now);
        Ok(())
    }

    /// For a page with two forms that ask for the password: the complaint leads to the field that is `called`
    /// so there.
    pub fn beside_another(&self, error: ClientError, called: &str) -> ClientError {
        match error {
            ClientError::Invalid { mut fields } if !self.json => {
                let asked = fields.iter_mut().filter(|complaint| complaint.field == Again::FIELD);
                asked.for_each(|complaint| complaint.field = called.to_owned());
                ClientError::Invalid { fields }
            }
            other => other,
        }
    }
}
