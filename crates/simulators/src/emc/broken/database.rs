//! Deviations that a trigger makes, and what a restart forgets.

use super::Deviation;

/// What is run at each start.
pub(super) fn preparation(deviation: Deviation) -> &'static str {
    match deviation {
        Deviation::RestartForgetsResults => "DELETE FROM imports WHERE state != 'cancelled'",
        Deviation::RestartForgetsCancelled => "DELETE FROM imports WHERE state = 'cancelled'",
        Deviation::DeletionsForEveryContract => {
            "CREATE TEMP TRIGGER broken AFTER INSERT ON deleted_users WHEN NEW.contract = 1 BEGIN
                 INSERT OR REPLACE INTO deleted_users VALUES (2, NEW.id, NEW.person, NEW.items, NEW.deleted_at);
             END"
        }
        Deviation::NeverRestored => {
            "CREATE TEMP TRIGGER broken AFTER INSERT ON deleted_users BEGIN
                 DELETE FROM deleted_users WHERE id = NEW.id;
             END"
        }
        Deviation::OneDeletionForEachId => {
            "CREATE TEMP TRIGGER broken AFTER INSERT ON deleted_users BEGIN
                 DELETE FROM deleted_users WHERE contract = NEW.contract AND id = NEW.id AND person != NEW.person;
             END"
        }
        // Whoever is restored brings back every department that ever went.
        Deviation::DepartmentsComeBack => {
            "CREATE TEMP TABLE gone AS SELECT * FROM departments WHERE 0;
             CREATE TEMP TRIGGER broken_keep AFTER DELETE ON departments BEGIN
                 INSERT INTO gone VALUES (OLD.contract, OLD.id, OLD.flag, OLD.name, OLD.kana, OLD.parent, OLD.tenant);
             END;
             CREATE TEMP TRIGGER broken AFTER DELETE ON deleted_users BEGIN
                 INSERT OR IGNORE INTO departments SELECT * FROM gone WHERE contract = OLD.contract;
             END"
        }
        Deviation::KeptTwentyNineDays => {
            "CREATE TEMP TRIGGER broken AFTER INSERT ON deleted_users BEGIN
                 UPDATE deleted_users SET deleted_at = deleted_at - 86400 WHERE id = NEW.id AND person = NEW.person;
             END"
        }
        Deviation::KeptThirtyOneDays => {
            "CREATE TEMP TRIGGER broken AFTER INSERT ON deleted_users BEGIN
                 UPDATE deleted_users SET deleted_at = deleted_at + 86400 WHERE id = NEW.id AND person = NEW.person;
             END"
        }
        _ => "",
    }
}
