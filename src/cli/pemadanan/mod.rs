//! `gerbang pemadanan`: a table of people is matched against the population record, row by row, over `/v1/verify/batch`.
//!
//! The input is read through once before anything is asked, so that what is wrong with it costs nothing. Answers are kept beside the
//! output as they come, and the output is written whole once every row has one: whoever runs the same command again after an
//! interruption goes on where it ended, and no row whose answer arrived is asked twice.

mod ask;
mod call;
mod csv_table;
mod kept;
mod outcome;
mod parquet_table;
mod table;
mod xlsx_table;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use aws_lc_rs::digest;

use self::ask::Questions;
use self::kept::{Job, Kept};
use self::table::Table;
use super::output;
use super::progress::Progress;
use crate::disk::{AtomicFile, RealDisk};
use crate::kernel::to_hex;

/// Batch matching of a table against the population record, over a gateway
#[derive(clap::Args, Debug)]
pub(super) struct Command {
    /// The table: .csv, .xlsx or .parquet; its first row names the columns
    #[arg(long)]
    input: PathBuf,
    /// The table with the results: .csv, .xlsx or .parquet
    #[arg(long)]
    output: PathBuf,
    /// The gateway
    #[arg(long, default_value = "https://127.0.0.1:8443")]
    url: String,
    /// The authority that the gateway's certificate is from
    #[arg(long)]
    ca: PathBuf,
    /// The client certificate of the lembaga
    #[arg(long)]
    cert: PathBuf,
    /// Its private key
    #[arg(long)]
    key: PathBuf,
    /// Columns to be compared, by element [default: every column that bears an element's name, in DWH or SIAK spelling]
    #[arg(long, value_delimiter = ',')]
    elements: Vec<String>,
    /// What a column holds where its name does not tell, as COLUMN=ELEMENT
    #[arg(long, value_name = "COLUMN=ELEMENT", value_delimiter = ',')]
    columns: Vec<String>,
    /// The purpose, a word of the agreement's list
    #[arg(long)]
    purpose: Option<String>,
    /// From which score on a text matches, 0-100 [default: what the agreement says]
    #[arg(long, value_parser = clap::value_parser!(u8).range(0..=100))]
    threshold: Option<u8>,
    /// Tell the result as JSON
    #[arg(long)]
    json: bool,
}

impl Command {
    pub(super) fn run(self) -> Result<()> {
        ensure!(self.input != self.output, "the output would replace the input");
        let format = table::format_of(&self.output)?;
        // To ask again would cost the quota again.
        ensure!(!self.output.exists(), "{} is there already: remove it to ask anew", self.output.display());
        let table = Table::open(&self.input)?;
        let questions = Questions::new(&table.header, &self.columns, &self.elements, self.purpose.clone(), self.threshold)?;
        let rows = count(table)?;
        let job = Job { input: digest_of(&self.input)?, rows, questions: questions.text() };
        let mut kept = Kept::open(&RealDisk, &kept_path(&self.output)?, &job)?;
        if kept.answered() > 0 {
            output::complain(&format!("{} of {rows} rows are answered already", kept.answered()));
        }
        if kept.answered() < rows
            && let Err(error) = self.ask(&questions, &mut kept)
        {
            if kept.answered() == 0 {
                kept.remove(&RealDisk)?;
            }
            return Err(error);
        }
        let tally = self.write(format, &questions, &kept)?;
        kept.remove(&RealDisk)?;
        output::line(&if self.json { tally.json() } else { tally.text(&self.output) })?;
        Ok(())
    }

    /// Asks for every row that has no answer yet.
    fn ask(&self, questions: &Questions, kept: &mut Kept) -> Result<()> {
        let rows = kept.rows();
        let gateway = call::Gateway::new(&self.url, &self.ca, &self.cert, &self.key)?;
        let mut progress = Progress::new("rows", rows);
        let stopped = gateway.ask(Table::open(&self.input)?, questions, kept, &mut |done| progress.at(done));
        progress.finish();
        kept.sync()?;
        let left = rows - kept.answered();
        let go_on = || format!("{left} of {rows} rows are not answered; what arrived is kept: run the same command again to go on");
        match stopped {
            Ok(None) if left == 0 => Ok(()),
            Ok(None) => bail!("the gateway ended before all rows were answered; {}", go_on()),
            Ok(Some(reason)) => bail!("{reason}; {}", go_on()),
            Err(error) => Err(error.context(go_on())),
        }
    }

    /// Writes the output: the input's columns, then the results.
    fn write(&self, format: table::Format, questions: &Questions, kept: &Kept) -> Result<outcome::Tally> {
        let input = Table::open(&self.input)?;
        let header: Vec<String> = input.header.iter().cloned().chain(questions.result_header()).collect();
        let file = AtomicFile::create(&RealDisk, &self.output);
        let file = file.with_context(|| format!("cannot write {}", self.output.display()))?;
        let mut sheet = table::writer(format, file, &header)?;
        let mut tally = outcome::Tally::default();
        for (row, number) in input.rows.zip(0..) {
            let mut cells = row?;
            let kept = kept.of_row(number)?.with_context(|| format!("row {} has no answer", number + 2))?;
            tally.count(&kept);
            cells.extend(questions.result_cells(&kept));
            sheet.row(&cells)?;
        }
        sheet.finish().with_context(|| format!("cannot write {}", self.output.display()))?;
        Ok(tally)
    }
}

/// Reads the whole table, for what is wrong with any row is an error; how many rows it has.
fn count(table: Table) -> Result<u64> {
    let mut rows = 0;
    for row in table.rows {
        row?;
        rows += 1;
    }
    ensure!(rows > 0, "the table has no rows");
    Ok(rows)
}

/// Where answers are kept until the output is written.
fn kept_path(output: &Path) -> Result<PathBuf> {
    let name = output.file_name().with_context(|| format!("{} names no file", output.display()))?;
    let mut kept = name.to_owned();
    kept.push(".pemadanan");
    Ok(output.with_file_name(kept))
}

/// The digest of a file, in hex.
fn digest_of(path: &Path) -> Result<String> {
    use std::io::Read as _;
    let mut file = std::fs::File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let mut context = digest::Context::new(&digest::SHA256);
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let read = file.read(&mut buffer).with_context(|| format!("cannot read {}", path.display()))?;
        if read == 0 {
            return Ok(to_hex(context.finish().as_ref()));
        }
        context.update(buffer.get(..read).unwrap_or_default());
    }
}
