//! Everything the pages and the handlers may ask for.

use std::sync::Arc;

/// The use cases, one trait an area. Cheap to clone.
#[derive(Clone)]
pub struct Backend {
    /// See [`crate::account::AccountApi`].
    pub account: Arc<dyn crate::account::AccountApi>,
    /// See [`crate::approvals::ApprovalsApi`].
    pub approvals: Arc<dyn crate::approvals::ApprovalsApi>,
    /// See [`crate::audit::AuditApi`].
    pub audit: Arc<dyn crate::audit::AuditApi>,
    /// See [`crate::auth::AuthApi`].
    pub auth: Arc<dyn crate::auth::AuthApi>,
    /// See [`crate::billing::BillingApi`].
    pub billing: Arc<dyn crate::billing::BillingApi>,
    /// See [`crate::bots::BotsApi`].
    pub bots: Arc<dyn crate::bots::BotsApi>,
    /// See [`crate::broadcasts::BroadcastsApi`].
    pub broadcasts: Arc<dyn crate::broadcasts::BroadcastsApi>,
    /// See [`crate::chats::ChatsApi`].
    pub chats: Arc<dyn crate::chats::ChatsApi>,
    /// See [`crate::export::ExportApi`].
    pub exports: Arc<dyn crate::export::ExportApi>,
    /// See [`crate::instance::InstanceApi`].
    pub instance: Arc<dyn crate::instance::InstanceApi>,
    /// See [`crate::second_factor::SecondFactorApi`].
    pub second_factor: Arc<dyn crate::second_factor::SecondFactorApi>,
    /// See [`crate::team::TeamApi`].
    pub team: Arc<dyn crate::team::TeamApi>,
    /// See [`crate::subscribers::SubscribersApi`].
    pub subscribers: Arc<dyn crate::subscribers::SubscribersApi>,
}
