"""Loads one population into every engine, looks the same NIKs up in each, and prints the table. Run by `run`."""

import datetime
import os
import pathlib
import platform
import struct
import subprocess
import sys
import time

import datafusion
import duckdb
import pyarrow.csv
import pyarrow.parquet

SNAPSHOT, TEMPORARY = (pathlib.Path(argument) for argument in sys.argv[1:3])
COLUMNS = ["NO_KK", "NAMA_LGKP", "TMPT_LHR", "TGL_LHR", "JENIS_KLMIN", "NAMA_LGKP_IBU", "ALAMAT", "STATUS_KAWIN", "JENIS_PKRJN",
           "KEL_NAME"]
NIKS = 20_000
# Engines that take milliseconds get the first so many of the same NIKs.
SLOW_NIKS = 300
NAMES = ", ".join(f'"{name}"' for name in COLUMNS)
FILES = sorted(path for path in SNAPSHOT.glob("*.parquet") if path.name.split(".")[-2].isdigit())
TYPES = {"int64": "BIGINT", "int32": "INTEGER", "date32[day]": "DATE", "string": "TEXT"}


def tell(text):
    print(text, file=sys.stderr, flush=True)


def output(*command):
    return subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE, text=True).stdout


def gerbang(*arguments):
    return output("cargo", "bench", "--quiet", "--all-features", "--bench", "peers", "--", *arguments)


def niks(name):
    data = (TEMPORARY / name).read_bytes()
    return list(struct.unpack(f"<{len(data) // 8}Q", data))


def measured(look_up, wanted):
    """The same line as the compiled clients print: the second of two rounds."""
    for _ in range(2):
        times, found = [], 0
        for nik in wanted:
            began = time.perf_counter_ns()
            row = look_up(nik)
            times.append(time.perf_counter_ns() - began)
            found += row is not None and len(row) == len(COLUMNS)
    times.sort()
    return f"{times[len(times) // 2]} {times[len(times) * 99 // 100]} {sum(times)} {len(times)} {found}"


def batches():
    for file in FILES:
        reader = pyarrow.parquet.ParquetFile(file, page_checksum_verification=True)
        for group in range(reader.num_row_groups):
            yield reader.read_row_group(group)


def pour(command):
    """Writes the population as CSV into a program's stdin."""
    with subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as program:
        for table in batches():
            pyarrow.csv.write_csv(table, program.stdin, pyarrow.csv.WriteOptions(include_header=False))
    if program.returncode != 0:
        sys.exit(f"{command[0]} failed")


def table(key, text):
    schema = pyarrow.parquet.read_schema(FILES[0])
    fields = [f'"{field.name}" {text if str(field.type) == "date32[day]" and text else TYPES[str(field.type)]}' for field in schema]
    fields[0] = key
    return f"CREATE TABLE penduduk ({', '.join(fields)})"


def load_sqlite():
    tell("SQLite")
    database = TEMPORARY / "sqlite.db"
    script = TEMPORARY / "load.sql"
    script.write_text(f"PRAGMA journal_mode = OFF;\nPRAGMA synchronous = OFF;\n{table('NIK INTEGER PRIMARY KEY', 'TEXT')};\n"
                      ".mode csv\n.import /dev/stdin penduduk\n")
    pour(["sqlite3", "-batch", database, f".read {script}"])
    statement = f"SELECT {NAMES} FROM penduduk WHERE NIK = ?"
    return lambda name: output(TEMPORARY / "sqlite", database, TEMPORARY / name, statement)


def load_postgres():
    tell("PostgreSQL")
    socket = f"host={TEMPORARY}/socket user=peer dbname=postgres"
    psql = ["psql", "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", socket]
    output(*psql, "--command", table('"NIK" BIGINT', None))
    pour([*psql, "--command", "COPY penduduk FROM STDIN (FORMAT csv)"])
    output(*psql, "--command", 'ALTER TABLE penduduk ADD PRIMARY KEY ("NIK")', "--command", "VACUUM (FREEZE, ANALYZE) penduduk")
    statement = f'SELECT {NAMES} FROM penduduk WHERE "NIK" = $1'
    return lambda name: output(TEMPORARY / "postgres", socket, TEMPORARY / name, statement)


def load_duckdb():
    tell("DuckDB, its own table")
    connection = duckdb.connect(TEMPORARY / "duck.db", config={"threads": 1})
    files = [str(file) for file in FILES]
    connection.execute(f"CREATE TABLE penduduk AS FROM read_parquet({files})")
    connection.execute("CREATE UNIQUE INDEX by_nik ON penduduk (NIK)")
    return of_duckdb(connection, "penduduk", 2_000)


def open_duckdb():
    tell("DuckDB on the Parquet files")
    files = [str(file) for file in FILES]
    return of_duckdb(duckdb.connect(config={"threads": 1}), f"read_parquet({files})", SLOW_NIKS)


def of_duckdb(connection, source, count):
    connection.execute(f"PREPARE look_up AS SELECT {NAMES} FROM {source} WHERE NIK = ?")
    # The number is the gateway's own: nothing foreign goes into the text.
    return lambda name: measured(lambda nik: connection.execute(f"EXECUTE look_up({nik})").fetchone(), niks(name)[:count])


def open_datafusion():
    tell("DataFusion on the Parquet files")
    settings = {"datafusion.execution.target_partitions": "1", "datafusion.execution.parquet.pushdown_filters": "true"}
    context = datafusion.SessionContext(datafusion.SessionConfig(settings))
    folder = TEMPORARY / "parquet"
    folder.mkdir()
    for file in FILES:
        (folder / file.name).symlink_to(file)
    context.register_parquet("penduduk", str(folder))

    def look_up(nik):
        tables = context.sql(f'SELECT {NAMES} FROM penduduk WHERE "NIK" = {nik}').collect()
        rows = [row for batch in tables for row in batch.to_pylist()]
        return rows[0] if rows else None

    return lambda name: measured(look_up, niks(name)[:SLOW_NIKS])


def parse(line, name):
    p50, p99, total, count, found = map(int, line.split())
    expected = count if name == "present" else 0
    if found != expected:
        sys.exit(f"{name}: {found} found instead of {expected}")
    return p50 / 1e3, p99 / 1e3, count / (total / 1e9)


def version(*command):
    return output(*command).split("\n")[0].strip()


def main():
    rows = sum(pyarrow.parquet.ParquetFile(file).metadata.num_rows for file in FILES)
    gerbang("sample", SNAPSHOT, NIKS, TEMPORARY)
    sqlite = "SQLite " + version("sqlite3", "--version").split()[0]
    postgres = " ".join(version("psql", "--version").split()[:3]).replace("psql (PostgreSQL)", "PostgreSQL")
    engines = [
        ("gerbang, no row cache", lambda: lambda name: gerbang("measure", SNAPSHOT, TEMPORARY / name)),
        (f"{sqlite}, C API, prepared", load_sqlite),
        (f"{postgres}, libpq, unix socket, prepared", load_postgres),
        (f"DuckDB {duckdb.__version__}, own table with index", load_duckdb),
        (f"DuckDB {duckdb.__version__}, the same Parquet", open_duckdb),
        (f"DataFusion {datafusion.__version__}, the same Parquet", open_datafusion),
    ]
    # Everything is loaded before anything is measured, so that no engine runs in the wake of another's load.
    ready = [(title, prepare()) for title, prepare in engines]
    began = os.getloadavg()[0]
    results = []
    for title, measure in ready:
        tell(f"measuring {title}")
        results.append((title, parse(measure("present"), "present"), parse(measure("absent"), "absent")))
    own = results[0][1][0]
    print(f"{datetime.date.today()}, {platform.machine()}, {os.cpu_count()} processors, Linux {platform.release()}, "
          f"load {began:.1f} before and {os.getloadavg()[0]:.1f} after")
    print(f"{rows:,} residents, {len(COLUMNS)} of {len(pyarrow.parquet.read_schema(FILES[0]))} columns, random NIKs, one thread, "
          "second round, times in µs\n")
    print("| engine | present p50 | p99 | absent p50 | p99 | present/s | p50 to gerbang |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for title, present, absent in results:
        print(f"| {title} | {present[0]:.1f} | {present[1]:.1f} | {absent[0]:.1f} | {absent[1]:.1f} | {present[2]:,.0f} "
              f"| {present[0] / own:.1f} |")


main()
