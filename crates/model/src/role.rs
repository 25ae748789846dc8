//! What a person may do in one tenant.

crate::word::words! {
    /// A role in a tenant. Each includes what the ones before it may do.
    pub enum Role ("role") {
        /// Looks at the pages of the web app.
        Viewer = "viewer",
        /// Works with the register and may connect an MCP client.
        Analyst = "analyst",
        /// Makes integrations, keys and members.
        Admin = "admin",
    }
}

impl Role {
    /// True if this role may do what needs `needed`.
    #[must_use]
    pub fn reaches(self, needed: Self) -> bool {
        self >= needed
    }
}
