//! Crews and departments as SmartHR sends them, reduced to what a mapping can use.
//!
//! Other people's JSON: unknown keys are ignored, and null, an absent key and (where SmartHR does so) `""` mean the same.
//! Values borrow from the page that they came in; nothing of a crew outlives its page.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// A scalar as text: a JSON string (borrowed where it has no escapes), a number or a boolean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text<'a>(pub Cow<'a, str>);

impl Text<'_> {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Scalar;
        impl<'de> Visitor<'de> for Scalar {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string, a number or a boolean")
            }
            fn visit_borrowed_str<E: de::Error>(self, v: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(v)))
            }
            fn visit_str<E: de::Error>(self, v: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(v.to_owned())))
            }
            fn visit_string<E: de::Error>(self, v: String) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(v)))
            }
            fn visit_bool<E: de::Error>(self, v: bool) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(if v { "true" } else { "false" })))
            }
            fn visit_i64<E: de::Error>(self, v: i64) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(v.to_string())))
            }
            fn visit_u64<E: de::Error>(self, v: u64) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(v.to_string())))
            }
            fn visit_f64<E: de::Error>(self, v: f64) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(v.to_string())))
            }
        }
        deserializer.deserialize_any(Scalar)
    }
}

/// A person. Fields as in SmartHR's API; all but `id` may be missing.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct Crew<'a> {
    /// SmartHR's stable id (a UUID).
    #[serde(borrow)]
    pub id: Text<'a>,
    /// 在籍状況: `employed`, `absent`, `retired`, or what SmartHR adds one day.
    #[serde(borrow, default)]
    pub emp_status: Option<Text<'a>>,
    /// 社員番号.
    #[serde(borrow, default)]
    pub emp_code: Option<Text<'a>>,
    /// 姓.
    #[serde(borrow, default)]
    pub last_name: Option<Text<'a>>,
    /// 名.
    #[serde(borrow, default)]
    pub first_name: Option<Text<'a>>,
    /// 姓(ヨミガナ).
    #[serde(borrow, default)]
    pub last_name_yomi: Option<Text<'a>>,
    /// 名(ヨミガナ).
    #[serde(borrow, default)]
    pub first_name_yomi: Option<Text<'a>>,
    /// ビジネスネーム 姓.
    #[serde(borrow, default)]
    pub business_last_name: Option<Text<'a>>,
    /// ビジネスネーム 名.
    #[serde(borrow, default)]
    pub business_first_name: Option<Text<'a>>,
    /// ビジネスネーム 姓(ヨミガナ).
    #[serde(borrow, default)]
    pub business_last_name_yomi: Option<Text<'a>>,
    /// ビジネスネーム 名(ヨミガナ).
    #[serde(borrow, default)]
    pub business_first_name_yomi: Option<Text<'a>>,
    /// メールアドレス.
    #[serde(borrow, default)]
    pub email: Option<Text<'a>>,
    /// 電話番号.
    #[serde(borrow, default)]
    pub tel_number: Option<Text<'a>>,
    /// 性別: `male`, `female`.
    #[serde(borrow, default)]
    pub gender: Option<Text<'a>>,
    /// 入社年月日, `YYYY-MM-DD`.
    #[serde(borrow, default)]
    pub entered_at: Option<Text<'a>>,
    /// 業務内容.
    #[serde(borrow, default)]
    pub occupation: Option<Text<'a>>,
    /// 住所.
    #[serde(borrow, default)]
    pub address: Option<Address<'a>>,
    /// 事業所, by its id in the master.
    #[serde(borrow, default)]
    pub biz_establishment_id: Option<Text<'a>>,
    /// 事業所, where SmartHR embeds it.
    #[serde(borrow, default)]
    pub biz_establishment: Option<Named<'a>>,
    /// 雇用形態.
    #[serde(borrow, default)]
    pub employment_type: Option<Named<'a>>,
    /// 部署1…10 by index; null slots stay.
    #[serde(borrow, default)]
    pub departments: Option<Vec<Option<DepartmentRef<'a>>>>,
    /// 役職1…10 by index; null slots stay. Absent before 2024-04-22.
    #[serde(borrow, default)]
    pub positions: Option<Vec<Option<Named<'a>>>>,
    /// 役職 of old; used where `positions` is absent.
    #[serde(borrow, default)]
    pub position: Option<NameOrObject<'a>>,
    /// 等級.
    #[serde(borrow, default)]
    pub grade: Option<Named<'a>>,
    /// 職種.
    #[serde(borrow, default)]
    pub job_category: Option<Named<'a>>,
    /// 採用区分.
    #[serde(borrow, default)]
    pub recruitment_type: Option<Named<'a>>,
    /// カスタム項目.
    #[serde(borrow, default)]
    pub custom_fields: Option<Vec<Option<CustomField<'a>>>>,
}

/// 住所; `""` inside for what is unset.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
pub struct Address<'a> {
    /// 都道府県.
    #[serde(borrow, default)]
    pub pref: Option<Text<'a>>,
    /// 市区町村.
    #[serde(borrow, default)]
    pub city: Option<Text<'a>>,
}

/// An entry of a master, by its name.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct Named<'a> {
    /// Its name.
    #[serde(borrow, default)]
    pub name: Option<Text<'a>>,
    /// Its place among the others, from 1, where the master has an order. Read only where it is needed.
    #[serde(borrow, default)]
    pub rank: Option<&'a RawValue>,
}

/// A name, bare or inside an object.
#[derive(Clone, Debug, PartialEq)]
pub struct NameOrObject<'a>(pub Option<Text<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for NameOrObject<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match CustomValue::deserialize(deserializer)? {
            CustomValue::Text(text) => Ok(Self(Some(text))),
            CustomValue::Object { name, .. } => Ok(Self(name)),
            CustomValue::List(_) => Ok(Self(None)),
        }
    }
}

/// A person's department: enough to find it in the department list.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
pub struct DepartmentRef<'a> {
    /// The department's id.
    #[serde(borrow, default)]
    pub id: Option<Text<'a>>,
    /// 部署コード.
    #[serde(borrow, default)]
    pub code: Option<Text<'a>>,
    /// 部署名.
    #[serde(borrow, default)]
    pub name: Option<Text<'a>>,
}

/// A custom field's value with the template that it belongs to.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct CustomField<'a> {
    /// The value; an element's id or physical name where the template is a list.
    #[serde(borrow, default)]
    pub value: Option<CustomValue<'a>>,
    /// The template, unparsed: every crew carries the same ones along, with all their choices.
    #[serde(borrow, default)]
    pub template: Option<&'a RawValue>,
}

impl<'a> CustomField<'a> {
    /// The choices of its template; none where they are not as described.
    pub fn choices(&self) -> Vec<Element<'a>> {
        let template =
            self.template.and_then(|text| serde_json::from_str::<Option<Template<'a>>>(text.get()).ok().flatten());
        template.and_then(|template| template.elements).unwrap_or_default().into_iter().flatten().collect()
    }
}

/// A custom field's value in all the forms seen.
#[derive(Clone, Debug, PartialEq)]
pub enum CustomValue<'a> {
    /// A scalar.
    Text(Text<'a>),
    /// Several scalars.
    List(Vec<Text<'a>>),
    /// An object (a file, or an element given whole).
    Object {
        /// Its `id`.
        id: Option<Text<'a>>,
        /// Its `name`.
        name: Option<Text<'a>>,
    },
}

impl<'de: 'a, 'a> Deserialize<'de> for CustomValue<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = CustomValue<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a scalar, a list or an object")
            }
            fn visit_borrowed_str<E: de::Error>(self, v: &'de str) -> Result<Self::Value, E> {
                Ok(CustomValue::Text(Text(Cow::Borrowed(v))))
            }
            fn visit_str<E: de::Error>(self, v: &str) -> Result<Self::Value, E> {
                Ok(CustomValue::Text(Text(Cow::Owned(v.to_owned()))))
            }
            fn visit_bool<E: de::Error>(self, v: bool) -> Result<Self::Value, E> {
                Ok(CustomValue::Text(Text(Cow::Borrowed(if v { "true" } else { "false" }))))
            }
            fn visit_i64<E: de::Error>(self, v: i64) -> Result<Self::Value, E> {
                Ok(CustomValue::Text(Text(Cow::Owned(v.to_string()))))
            }
            fn visit_u64<E: de::Error>(self, v: u64) -> Result<Self::Value, E> {
                Ok(CustomValue::Text(Text(Cow::Owned(v.to_string()))))
            }
            fn visit_f64<E: de::Error>(self, v: f64) -> Result<Self::Value, E> {
                Ok(CustomValue::Text(Text(Cow::Owned(v.to_string()))))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some(entry) = seq.next_element::<Option<Text<'de>>>()? {
                    all.extend(entry);
                }
                Ok(CustomValue::List(all))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let (mut id, mut name) = (None, None);
                while let Some(key) = map.next_key::<Text<'de>>()? {
                    match key.as_str() {
                        "id" => id = map.next_value::<Option<Text<'de>>>()?,
                        "name" => name = map.next_value::<Option<Text<'de>>>()?,
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(CustomValue::Object { id, name })
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// A custom field's template.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
pub struct Template<'a> {
    /// Its id.
    #[serde(borrow, default)]
    pub id: Option<Text<'a>>,
    /// Its name, by which the sheet refers to it.
    #[serde(borrow, default)]
    pub name: Option<Text<'a>>,
    /// `date`, `decimal`, `enum`, `file`, `string`, `text`.
    #[serde(borrow, rename = "type", default)]
    pub kind: Option<Text<'a>>,
    /// The choices of an `enum`; a null is none.
    #[serde(borrow, default)]
    pub elements: Option<Vec<Option<Element<'a>>>>,
    /// The id of its group.
    #[serde(borrow, default)]
    pub group_id: Option<Text<'a>>,
    /// Its group, where SmartHR embeds it.
    #[serde(borrow, default)]
    pub group: Option<Group<'a>>,
}

/// A group of custom fields.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
pub struct Group<'a> {
    /// Its id.
    #[serde(borrow, default)]
    pub id: Option<Text<'a>>,
    /// Its name.
    #[serde(borrow, default)]
    pub name: Option<Text<'a>>,
}

/// A choice of a list-type custom field.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
pub struct Element<'a> {
    /// Its id.
    #[serde(borrow, default)]
    pub id: Option<Text<'a>>,
    /// Its name, which is what the mapping gives.
    #[serde(borrow, default)]
    pub name: Option<Text<'a>>,
    /// Its name in CSV files.
    #[serde(borrow, default)]
    pub physical_name: Option<Text<'a>>,
}

/// A department of the flat list.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
pub struct Department<'a> {
    /// SmartHR's id.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// 部署名.
    #[serde(borrow, default)]
    pub name: Option<Text<'a>>,
    /// 部署コード; may be missing, may repeat.
    #[serde(borrow, default)]
    pub code: Option<Text<'a>>,
    /// 上位部署: its id, bare or inside an object.
    #[serde(borrow, default)]
    pub parent: Option<ParentRef<'a>>,
}

/// The id of a parent, bare or inside an object.
#[derive(Clone, Debug, PartialEq)]
pub struct ParentRef<'a>(pub Option<Text<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for ParentRef<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match CustomValue::deserialize(deserializer)? {
            CustomValue::Text(text) => Ok(Self(Some(text))),
            CustomValue::Object { id, .. } => Ok(Self(id)),
            CustomValue::List(_) => Ok(Self(None)),
        }
    }
}

/// A list-type template kept beyond its page, for looking up what a crew's value means.
#[derive(Clone, Debug, Default)]
pub struct OwnedTemplate {
    /// SmartHR's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: String,
    /// The id of its group.
    pub group_id: String,
    /// The name of its group, as far as it is known.
    pub group: String,
    /// Its choices as (id, physical name, name); absent parts are empty.
    pub elements: Vec<(String, String, String)>,
}
