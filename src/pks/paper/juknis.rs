//! The technical annex (petunjuk teknis): how the gateway is to be used.

use super::super::document::Document;
use super::clauses::{fact, heading, sentence, table};
use super::{Block, words};

/// The blocks of the annex.
pub(super) fn blocks(document: &Document) -> Vec<Block> {
    let mut blocks = vec![Block::Part("PETUNJUK TEKNIS".to_owned())];
    heading(&mut blocks, "1. Pengenal");
    fact(&mut blocks, "Kode lembaga", words::plain(&document.lembaga.id));
    fact(&mut blocks, "Customer id DWH", words::plain(&document.lembaga.customer_id));
    heading(&mut blocks, "2. Nama metode pada layanan DWH");
    let own = document.dwh_methods.as_ref();
    let named = own.map_or(0, |own| own.verify.len() + own.retrieve.len());
    if named == 0 {
        blocks.push(sentence("Tidak ada nama metode khusus; berlaku nama umum layanan DWH."));
    } else if let Some(own) = own {
        let rows = [("verify", &own.verify), ("retrieve", &own.retrieve)]
            .into_iter()
            .flat_map(|(word, names)| names.iter().map(move |name| vec![words::plain(name), words::method(word)]))
            .collect();
        blocks.push(table(&["Nama", "Metode"], rows));
    }
    heading(&mut blocks, "3. Kuota");
    let quota = document.quota;
    fact(&mut blocks, "NIK per hari", words::number(quota.per_day));
    fact(&mut blocks, "Permintaan per detik", words::number(u64::from(quota.per_second)));
    fact(&mut blocks, "Permintaan sekaligus", words::number(u64::from(quota.burst)));
    fact(&mut blocks, "Hari kuota menurut", document.term.zone.word().to_owned());
    let guessing = document.guessing.unwrap_or_default();
    fact(&mut blocks, "Tebakan salah per hari", guessing.wrong_per_day.to_string());
    fact(&mut blocks, "NIK berurutan per hari", words::number(guessing.consecutive.into()));
    fact(&mut blocks, "Nilai sama per jam", words::number(guessing.same_value_per_hour.into()));
    fact(&mut blocks, "Perubahan nilai per hari", guessing.score_changes.to_string());
    fact(&mut blocks, "Menit penghentian", words::number(guessing.brake_minutes.into()));
    heading(&mut blocks, "4. Jam akses");
    fact(&mut blocks, "Akses diberikan", words::hours(document.hours.as_ref()));
    heading(&mut blocks, "5. Jaringan dan sertifikat");
    let networks = document.networks.iter().map(|network| vec![words::plain(network)]).collect();
    blocks.push(table(&["Jaringan atau alamat yang diizinkan"], networks));
    if document.certificates.is_empty() {
        blocks.push(sentence("Setiap sertifikat klien milik lembaga diterima."));
    } else {
        let rows = document.certificates.iter().map(|digest| vec![words::plain(digest)]).collect();
        blocks.push(table(&["Sertifikat klien yang diterima (SHA-256)"], rows));
    }
    blocks.push(sentence(if document.password_without_certificate {
        "Layanan DWH boleh dipakai dengan kata sandi tanpa sertifikat klien, dari alamat tetap di atas."
    } else {
        "Layanan tidak dapat dipakai tanpa sertifikat klien."
    }));
    heading(&mut blocks, "6. Petugas");
    blocks.push(sentence(if document.operator_card {
        "Setiap permintaan memerlukan kartu petugas."
    } else {
        "Kartu petugas tidak diperlukan."
    }));
    heading(&mut blocks, "7. Ambang kemiripan");
    blocks.push(sentence(
        "Ambang pada Pasal 4 adalah nilai kemiripan terendah (0-100) yang dinilai sesuai. Permintaan dengan ambang lebih rendah \
         ditolak pada /v1 dan dinilai dengan ambang perjanjian pada layanan DWH.",
    ));
    blocks
}
