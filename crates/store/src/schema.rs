// Generated from the migrated database; a test compares it. Do not edit.

diesel::table! {
    account_log (id) {
        id -> Uuid,
        at -> Timestamptz,
        user_id -> Nullable<Uuid>,
        kind -> Text,
        ip -> Text,
        user_agent -> Text,
        request_id -> Text,
    }
}

diesel::table! {
    address_changes (user_id) {
        user_id -> Uuid,
        email -> Text,
        email_key -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    approvals (workspace_id, bot_id, id) {
        workspace_id -> Uuid,
        bot_id -> Uuid,
        id -> Uuid,
        broadcast_id -> Uuid,
        version -> Timestamptz,
        audience -> Int8,
        state -> Text,
        asked_by -> Uuid,
        asked_by_name -> Text,
        asked_at -> Timestamptz,
        decided_by -> Nullable<Uuid>,
        decided_by_name -> Nullable<Text>,
        decided_at -> Nullable<Timestamptz>,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    audit_heads (workspace_id) {
        workspace_id -> Uuid,
        seq -> Int8,
        mac -> Nullable<Bytea>,
        at -> Timestamptz,
        unchained -> Int8,
    }
}

diesel::table! {
    audit_log (workspace_id, at, id) {
        workspace_id -> Uuid,
        id -> Uuid,
        at -> Timestamptz,
        bot_id -> Nullable<Uuid>,
        bot_slug -> Nullable<Text>,
        actor_id -> Nullable<Uuid>,
        actor_name -> Text,
        kind -> Text,
        resource -> Nullable<Text>,
        details -> Json,
        ip -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        sealed -> Nullable<Bytea>,
        request_id -> Nullable<Text>,
        seq -> Nullable<Int8>,
        mac -> Nullable<Bytea>,
        key_version -> Nullable<Int4>,
    }
}

diesel::table! {
    backup_codes (user_id, code_hash) {
        user_id -> Uuid,
        code_hash -> Bytea,
        created_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    billing (workspace_id, livemode) {
        workspace_id -> Uuid,
        livemode -> Bool,
        customer_id -> Text,
        contact_id -> Nullable<Uuid>,
        facts -> Jsonb,
        facts_at -> Nullable<Timestamptz>,
        looks_begun -> Int8,
        look_written -> Int8,
        checkout_no -> Int4,
        checkout_id -> Nullable<Text>,
        checkout_url -> Nullable<Text>,
        checkout_price -> Nullable<Text>,
        checkout_until -> Nullable<Timestamptz>,
        ended_by_us -> Array<Text>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    billing_notices (workspace_id, kind, about) {
        workspace_id -> Uuid,
        kind -> Text,
        about -> Text,
        since -> Timestamptz,
    }
}

diesel::table! {
    bot_changes (workspace_id, bot_id) {
        workspace_id -> Uuid,
        bot_id -> Uuid,
        delivery -> Text,
        hook -> Nullable<Text>,
        hook_hash -> Nullable<Bytea>,
        token -> Nullable<Bytea>,
        event -> Jsonb,
        begun_at -> Timestamptz,
    }
}

diesel::table! {
    bot_counters (workspace_id, bot_id, slot) {
        workspace_id -> Uuid,
        bot_id -> Uuid,
        slot -> Int2,
        active -> Int8,
        paused -> Int8,
        unsubscribed -> Int8,
        blocked -> Int8,
        deactivated -> Int8,
    }
}

diesel::table! {
    bot_days (workspace_id, bot_id, day, slot) {
        workspace_id -> Uuid,
        bot_id -> Uuid,
        day -> Date,
        slot -> Int2,
        joined -> Int8,
    }
}

diesel::table! {
    bot_permissions (workspace_id, bot_id, user_id) {
        workspace_id -> Uuid,
        bot_id -> Uuid,
        user_id -> Uuid,
        rights -> Array<Text>,
        granted_at -> Timestamptz,
    }
}

diesel::table! {
    bot_secrets (workspace_id, bot_id, kind) {
        workspace_id -> Uuid,
        bot_id -> Uuid,
        kind -> Text,
        sealed -> Bytea,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    bot_sources (workspace_id, bot_id, source, slot) {
        workspace_id -> Uuid,
        bot_id -> Uuid,
        source -> Text,
        slot -> Int2,
        joined -> Int8,
    }
}

diesel::table! {
    bots (workspace_id, id) {
        workspace_id -> Uuid,
        id -> Uuid,
        telegram_id -> Int8,
        username -> Text,
        slug -> Text,
        name -> Text,
        api -> Text,
        delivery -> Text,
        token_last4 -> Text,
        welcome -> Text,
        goodbye -> Text,
        trouble -> Nullable<Text>,
        last_update_at -> Nullable<Timestamptz>,
        changing_until -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        disconnected_at -> Nullable<Timestamptz>,
        read_only -> Bool,
        rate -> Nullable<Int4>,
    }
}

diesel::table! {
    broadcast_chunks (workspace_id, bot_id, broadcast_id, n) {
        workspace_id -> Uuid,
        bot_id -> Uuid,
        broadcast_id -> Uuid,
        n -> Int4,
        chat_ids -> Array<Int8>,
        next -> Int4,
        attempt -> Int2,
        size -> Int4,
    }
}

diesel::table! {
    broadcast_intents (workspace_id, bot_id, broadcast_id, chunk, start) {
        workspace_id -> Uuid,
        bot_id -> Uuid,
        broadcast_id -> Uuid,
        chunk -> Int4,
        start -> Int4,
        stop -> Int4,
        epoch -> Int8,
        opened_at -> Timestamptz,
    }
}

diesel::table! {
    broadcast_tallies (workspace_id, bot_id, broadcast_id) {
        workspace_id -> Uuid,
        bot_id -> Uuid,
        broadcast_id -> Uuid,
        sent -> Int8,
        blocked -> Int8,
        deactivated -> Int8,
        failed -> Int8,
        skipped -> Int8,
        unknown -> Int8,
        waiting -> Nullable<Text>,
        again -> Int8,
        tripped -> Nullable<Text>,
        trips -> Array<Text>,
        paid -> Int8,
        unpaid_because -> Nullable<Text>,
    }
}

diesel::table! {
    broadcasts (workspace_id, bot_id, id) {
        workspace_id -> Uuid,
        bot_id -> Uuid,
        id -> Uuid,
        author_id -> Uuid,
        author_name -> Text,
        source -> Text,
        status -> Text,
        message -> Nullable<Jsonb>,
        total -> Int8,
        created_at -> Timestamptz,
        started_at -> Nullable<Timestamptz>,
        queued_at -> Nullable<Timestamptz>,
        finished_at -> Nullable<Timestamptz>,
        updated_at -> Timestamptz,
        edited_by -> Nullable<Uuid>,
        scheduled_at -> Nullable<Timestamptz>,
        zone -> Nullable<Text>,
        scheduled_by -> Nullable<Uuid>,
        scheduled_by_name -> Nullable<Text>,
        silent -> Bool,
        protected -> Bool,
        written_at -> Timestamptz,
        audience -> Text,
        chosen -> Array<Int8>,
        paid_cap -> Nullable<Int4>,
        counted -> Int8,
        counted_elsewhere -> Int8,
    }
}

diesel::table! {
    chats (workspace_id, bot_id, chat_id) {
        workspace_id -> Uuid,
        bot_id -> Uuid,
        chat_id -> Int8,
        was -> Nullable<Int8>,
        kind -> Text,
        title -> Text,
        username -> Nullable<Text>,
        standing -> Text,
        reason -> Nullable<Text>,
        standing_at -> Timestamptz,
        since -> Timestamptz,
    }
}

diesel::table! {
    client_standings (client) {
        client -> Text,
        episodes -> Array<Timestamptz>,
        blocked_until -> Nullable<Timestamptz>,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    deliveries (workspace_id, bot_id, broadcast_id, chat_id, attempt) {
        workspace_id -> Uuid,
        bot_id -> Uuid,
        broadcast_id -> Uuid,
        chat_id -> Int8,
        attempt -> Int2,
        outcome -> Text,
        message_id -> Nullable<Int8>,
        reason -> Nullable<Text>,
        at -> Timestamptz,
    }
}

diesel::table! {
    directory (bot_id) {
        bot_id -> Uuid,
        workspace_id -> Uuid,
        slug -> Text,
        api -> Text,
        telegram_id -> Int8,
        hook -> Nullable<Text>,
        hook_hash -> Nullable<Bytea>,
        connected -> Bool,
    }
}

diesel::table! {
    email_codes (address_hash, purpose) {
        address_hash -> Bytea,
        purpose -> Text,
        code_hash -> Bytea,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        tries -> Int2,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    export_parts (workspace_id, export_id, file, n) {
        workspace_id -> Uuid,
        export_id -> Uuid,
        file -> Text,
        n -> Int4,
        bytes -> Bytea,
        rows -> Int4,
        length -> Int8,
    }
}

diesel::table! {
    exports (workspace_id, id) {
        workspace_id -> Uuid,
        id -> Uuid,
        asked_by -> Uuid,
        asked_by_name -> Text,
        asked_at -> Timestamptz,
        source -> Int2,
        at_bot -> Nullable<Uuid>,
        after -> Nullable<Jsonb>,
        step -> Int4,
        rows_done -> Int8,
        rows_total -> Int8,
        ready_at -> Nullable<Timestamptz>,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    instance (id) {
        id -> Bool,
        root_fingerprint -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    invitations (workspace_id, id) {
        workspace_id -> Uuid,
        id -> Uuid,
        email -> Nullable<Text>,
        email_key -> Nullable<Text>,
        role -> Text,
        rights -> Jsonb,
        token_hash -> Bytea,
        invited_by -> Nullable<Uuid>,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    jobs (workspace_id, id) {
        workspace_id -> Uuid,
        id -> Uuid,
        bot_id -> Nullable<Uuid>,
        kind -> Text,
        payload -> Jsonb,
        run_at -> Timestamptz,
        attempts -> Int4,
        holder -> Nullable<Uuid>,
        leased_until -> Nullable<Timestamptz>,
        failed_at -> Nullable<Timestamptz>,
        last_error -> Nullable<Text>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    leases (workspace_id, bot_id, kind) {
        workspace_id -> Uuid,
        bot_id -> Uuid,
        kind -> Text,
        holder -> Uuid,
        epoch -> Int8,
        until -> Timestamptz,
        at_work -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    limit_buckets (kind, key) {
        kind -> Text,
        key -> Text,
        hits -> Array<Timestamptz>,
        locked_until -> Nullable<Timestamptz>,
        verdict -> Text,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    mails (id) {
        id -> Uuid,
        cause -> Text,
        recipient -> Text,
        subject -> Text,
        body_sealed -> Nullable<Bytea>,
        created_at -> Timestamptz,
        run_at -> Timestamptz,
        attempts -> Int4,
        sent_at -> Nullable<Timestamptz>,
        failed_at -> Nullable<Timestamptz>,
        last_error -> Nullable<Text>,
    }
}

diesel::table! {
    members (workspace_id, user_id) {
        workspace_id -> Uuid,
        user_id -> Uuid,
        role -> Text,
        joined_at -> Timestamptz,
    }
}

diesel::table! {
    message_months (workspace_id, month) {
        workspace_id -> Uuid,
        month -> Date,
        messages -> Int8,
    }
}

diesel::table! {
    password_resets (token_hash) {
        token_hash -> Bytea,
        user_id -> Nullable<Uuid>,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    person_salts (user_id) {
        user_id -> Uuid,
        salt -> Bytea,
    }
}

diesel::table! {
    replies (workspace_id, bot_id, id) {
        workspace_id -> Uuid,
        bot_id -> Uuid,
        id -> Uuid,
        chat_id -> Int8,
        message -> Jsonb,
        queued_at -> Timestamptz,
        attempted_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    second_factors (user_id) {
        user_id -> Uuid,
        secret_sealed -> Bytea,
        confirmed_at -> Nullable<Timestamptz>,
        last_step -> Int8,
        created_at -> Timestamptz,
        begun_by -> Nullable<Bytea>,
    }
}

diesel::table! {
    sessions (id_hash) {
        id_hash -> Bytea,
        user_id -> Nullable<Uuid>,
        data -> Jsonb,
        created_at -> Timestamptz,
        last_seen_at -> Timestamptz,
        expires_at -> Timestamptz,
        ip -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        epoch -> Nullable<Int8>,
    }
}

diesel::table! {
    signup_invitations (token_hash) {
        token_hash -> Bytea,
        email_key -> Text,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    stripe_customers (customer_id) {
        customer_id -> Text,
        workspace_id -> Uuid,
        livemode -> Bool,
        look_at -> Timestamptz,
    }
}

diesel::table! {
    stripe_events (id) {
        id -> Text,
        kind -> Text,
        livemode -> Bool,
        created_at -> Timestamptz,
        customer_id -> Nullable<Text>,
        charge_id -> Nullable<Text>,
        received_at -> Timestamptz,
        try_at -> Timestamptz,
        tries -> Int4,
        settled_at -> Nullable<Timestamptz>,
        outcome -> Nullable<Text>,
    }
}

diesel::table! {
    subscribers (workspace_id, bot_id, chat_id) {
        workspace_id -> Uuid,
        bot_id -> Uuid,
        chat_id -> Int8,
        name -> Text,
        username -> Nullable<Text>,
        language -> Nullable<Text>,
        source -> Nullable<Text>,
        status -> Text,
        status_at -> Timestamptz,
        since -> Timestamptz,
        last_active_at -> Timestamptz,
    }
}

diesel::table! {
    test_recipients (workspace_id, bot_id, user_id) {
        workspace_id -> Uuid,
        bot_id -> Uuid,
        user_id -> Uuid,
        code -> Text,
        chat_id -> Nullable<Int8>,
        name -> Nullable<Text>,
        linked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    updates (workspace_id, bot_id, update_id) {
        workspace_id -> Uuid,
        bot_id -> Uuid,
        update_id -> Int8,
        received_at -> Timestamptz,
        body -> Nullable<Bytea>,
        applied_at -> Nullable<Timestamptz>,
        refused -> Nullable<Text>,
    }
}

diesel::table! {
    users (id) {
        id -> Uuid,
        email -> Text,
        email_key -> Text,
        name -> Text,
        password_hash -> Text,
        verified_at -> Nullable<Timestamptz>,
        time_zone -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        closes_at -> Nullable<Timestamptz>,
        instance_admin -> Bool,
        credentials_epoch -> Int8,
    }
}

diesel::table! {
    workspaces (id) {
        id -> Uuid,
        name -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        second_factor_required -> Bool,
        approval_above -> Nullable<Int4>,
        closes_at -> Nullable<Timestamptz>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    account_log,
    address_changes,
    approvals,
    audit_heads,
    audit_log,
    backup_codes,
    billing,
    billing_notices,
    bot_changes,
    bot_counters,
    bot_days,
    bot_permissions,
    bot_secrets,
    bot_sources,
    bots,
    broadcast_chunks,
    broadcast_intents,
    broadcast_tallies,
    broadcasts,
    chats,
    client_standings,
    deliveries,
    directory,
    email_codes,
    export_parts,
    exports,
    instance,
    invitations,
    jobs,
    leases,
    limit_buckets,
    mails,
    members,
    message_months,
    password_resets,
    person_salts,
    replies,
    second_factors,
    sessions,
    signup_invitations,
    stripe_customers,
    stripe_events,
    subscribers,
    test_recipients,
    updates,
    users,
    workspaces,
);
