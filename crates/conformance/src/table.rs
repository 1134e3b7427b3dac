//! A download: CSV in UTF-8 with or without BOM, or in CP932, read by its header.

use std::collections::BTreeMap;

use crate::exchange::Exchange;
use crate::stage::Stop;

#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<BTreeMap<String, String>>,
}

impl Table {
    pub(crate) fn read(exchange: &Exchange, id_column: &str) -> Result<Self, Stop> {
        exchange.status_is(200)?;
        let text = match std::str::from_utf8(&exchange.bytes) {
            Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
            Err(_) => encoding_rs::SHIFT_JIS.decode_without_bom_handling(&exchange.bytes).0.into_owned(),
        };
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let mut records = reader.records();
        let cells = |record: csv::StringRecord| record.iter().map(str::to_owned).collect::<Vec<_>>();
        let header = records.next().and_then(Result::ok).map(cells).unwrap_or_default();
        let is_so = header.iter().any(|name| name == id_column);
        exchange.expect(is_so, format!("見出し行に {id_column} のあるCSV(UTF-8またはCP932)"))?;
        let mut rows = Vec::new();
        for record in records {
            let record = record.map_err(|error| exchange.broken(format!("CSVとして読める本文 ({error})")))?;
            rows.push(header.iter().cloned().zip(cells(record)).collect());
        }
        Ok(Self { header, rows })
    }

    pub(crate) fn ids(&self, id_column: &str) -> Vec<String> {
        self.rows.iter().filter_map(|row| row.get(id_column).cloned()).collect()
    }
}
