//! The deviations by name, with the rule that each breaks.

macro_rules! deviations {
    ($($variant:ident $name:literal $rule:literal,)*) => {
        /// A way to break one rule of the contract.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "the names say it")]
        pub enum Deviation { $($variant,)* }

        impl Deviation {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Its name on the command line.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The number of the rule that it breaks.
            pub fn rule(self) -> u16 {
                match self { $(Self::$variant => $rule,)* }
            }
        }
    };
}

deviations! {
    AnyToken "any-token" 101,
    OpenDownloads "open-downloads" 101,
    OptionsWithoutIds "options-without-ids" 102,
    OneContract "one-contract" 103,
    ResultsForEveryContract "results-for-every-contract" 104,
    DeletionsForEveryContract "deletions-for-every-contract" 105,
    EndNotNeeded "end-not-needed" 201,
    CountsNotChecked "counts-not-checked" 202,
    OrderNotChecked "order-not-checked" 203,
    BrokenLinesSkipped "broken-lines-skipped" 204,
    UnknownOpsSkipped "unknown-ops-skipped" 205,
    UnknownRecordsSkipped "unknown-records-skipped" 206,
    UnknownExpectIsUpdate "unknown-expect-is-update" 207,
    CutGzipTaken "cut-gzip-taken" 208,
    FirstMemberOnly "first-member-only" 209,
    RefusedNameFree "refused-name-free" 210,
    BrokenUploadTakesName "broken-upload-takes-name" 211,
    RepeatedIsDoneAgain "repeated-is-done-again" 301,
    OtherContentIsTheSame "other-content-is-the-same" 302,
    RejectedNameFree "rejected-name-free" 303,
    DryRunCommits "dry-run-commits" 304,
    DryRunTakesName "dry-run-takes-name" 305,
    DryRunOfTakenName "dry-run-of-taken-name" 306,
    DryRunWithoutDrift "dry-run-without-drift" 307,
    DryRunWithoutErrors "dry-run-without-errors" 308,
    ResultsForgotten "results-forgotten" 309,
    UnknownIsCancelled "unknown-is-cancelled" 309,
    BusyIsConflict "busy-is-conflict" 310,
    BothContentsCount "both-contents-count" 311,
    SideBySide "side-by-side" 312,
    RestartForgetsResults "restart-forgets-results" 313,
    CommittedIsCancelled "committed-is-cancelled" 401,
    CancelNotKept "cancel-not-kept" 402,
    RejectedNotCancelled "rejected-not-cancelled" 403,
    PreviewedNotCancelled "previewed-not-cancelled" 404,
    LateBodyCounts "late-body-counts" 405,
    CancelledWhileWorking "cancelled-while-working" 406,
    RestartForgetsCancelled "restart-forgets-cancelled" 407,
    OnCreateNever "on-create-never" 501,
    CreateOverwritesUser "create-overwrites-user" 502,
    CreateOverwritesDepartment "create-overwrites-department" 503,
    OnUpdateNever "on-update-never" 504,
    OnCreateAlways "on-create-always" 506,
    UpdateLackingNotTold "update-lacking-not-told" 505,
    AdoptNotTold "adopt-not-told" 506,
    AdoptLackingNotTold "adopt-lacking-not-told" 507,
    ReplaceKeeps "replace-keeps" 508,
    ReplaceLackingNotTold "replace-lacking-not-told" 509,
    DeleteIgnored "delete-ignored" 510,
    DeleteLackingNotTold "delete-lacking-not-told" 511,
    DepartmentDriftNotTold "department-drift-not-told" 512,
    AbsentClears "absent-clears" 513,
    NullIgnored "null-ignored" 514,
    EmptyTextIgnored "empty-text-ignored" 515,
    PersonNotCompared "person-not-compared" 601,
    PersonNotTaken "person-not-taken" 602,
    PersonForgotten "person-forgotten" 603,
    AdoptKeepsPerson "adopt-keeps-person" 604,
    ReplaceKeepsPerson "replace-keeps-person" 605,
    DeleteOfOther "delete-of-other" 606,
    DeleteNeedsPerson "delete-needs-person" 607,
    NeverRestored "never-restored" 701,
    RestoredNotTold "restored-not-told" 701,
    OnCreateWhenRestored "on-create-when-restored" 702,
    RestoredForOthers "restored-for-others" 703,
    RestoredWithoutPerson "restored-without-person" 704,
    RestoredInsteadOfDrift "restored-instead-of-drift" 705,
    ReplaceRestores "replace-restores" 706,
    OneDeletionForEachId "one-deletion-for-each-id" 707,
    DepartmentsComeBack "departments-come-back" 708,
    DryRunUsesDeletionUp "dry-run-uses-deletion-up" 709,
    KeptTwentyNineDays "kept-29-days" 710,
    KeptThirtyOneDays "kept-31-days" 711,
    RestoredOnce "restored-once" 712,
    UnassignedNotTold "unassigned-not-told" 801,
    UsedDepartmentRefused "used-department-refused" 801,
    FurtherUnassignedNotTold "further-unassigned-not-told" 802,
    MovedIsUnassigned "moved-is-unassigned" 803,
    ChildLeftAccepted "child-left-accepted" 804,
    ChildrenFirstRefused "children-first-refused" 805,
    UserCaseFolded "user-case-folded" 901,
    UserBlanksTrimmed "user-blanks-trimmed" 901,
    UserZerosTrimmed "user-zeros-trimmed" 901,
    DepartmentCaseFolded "department-case-folded" 902,
    UserBytesCounted "user-bytes-counted" 903,
    UserUtf16Counted "user-utf16-counted" 903,
    DepartmentBytesCounted "department-bytes-counted" 904,
    FirstErrorOnly "first-error-only" 911,
    GoodRowsStay "good-rows-stay" 912,
    ExistsCheckedFurther "exists-checked-further" 913,
    OtherPersonCheckedFurther "other-person-checked-further" 914,
    UnknownDepartmentDropped "unknown-department-dropped" 915,
    UnknownOptionDropped "unknown-option-dropped" 915,
    DownloadNotFresh "download-not-fresh" 1001,
    ColumnsNotKnown "columns-not-known" 1002,
    FirstColumnOnly "first-column-only" 1003,
    SmallBodiesOnly "small-bodies-only" 1101,
    HalfIsSeen "half-is-seen" 1102,
}

impl std::str::FromStr for Deviation {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().copied().find(|deviation| deviation.name() == name);
        found.ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|deviation| deviation.name()).collect();
            format!("there is no such deviation; there are: {}", names.join(", "))
        })
    }
}
