use std::path::PathBuf;

use super::*;

/// A folder that goes away with its test.
struct Folder(PathBuf);
impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("wk-config-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}
impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn variables(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

fn faults(text: &str) -> Vec<String> {
    let folder = Folder::new(&format!("faults-{:x}", text.len() * 31 + text.bytes().map(usize::from).sum::<usize>()));
    let file = folder.file("hub.toml", text);
    let sources = Sources { file: Some(file), ..Sources::default() };
    let all = Config::load(&sources).err().unwrap_or_default();
    all.into_iter().map(|f| f.0.replace(&format!("{}/", folder.0.display()), "")).collect()
}

#[test]
fn every_default_is_what_its_key_takes() {
    for key in keys() {
        assert!((key.takes)(&Given::text(key.default)), "{} = {:?}", key.path, key.default);
        assert!(!key.about().is_empty() && !key.expected.is_empty(), "{}", key.path);
    }
    let config = Config::load(&Sources::default()).unwrap();
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8420");
    assert_eq!(config.limits.calls_per_minute, 600);
    assert_eq!(config.layers.origin("server.listen"), layers::Origin::Default);
}

#[test]
fn later_layers_win_and_tell_where_they_stand() {
    let folder = Folder::new("layers");
    let system = folder.file("system.toml", "[limits]\ncalls_per_minute = 1\nwrites_per_minute = 1\n");
    let own = folder.file("own.toml", "# mine\n\n[limits]\ncalls_per_minute = 2\nheavy_calls_per_minute = 2\n");
    let sources = Sources {
        system_file: Some(system.clone()),
        file: Some(own.clone()),
        variables: variables(&[("WATCHKEEP_LIMITS__CALLS_PER_MINUTE", "3"), ("PATH", "/bin")]),
        flags: vec![("data_dir", "--data", "/srv/hub".into())],
    };
    let config = Config::load(&sources).unwrap();
    let limits = &config.limits;
    assert_eq!((limits.calls_per_minute, limits.heavy_calls_per_minute, limits.writes_per_minute), (3, 2, 1));
    assert_eq!(config.data_dir(), Path::new("/srv/hub"));
    assert_eq!(config.files, [system.clone(), own.clone()]);
    let origin = |path| config.layers.origin(path).to_string();
    assert_eq!(origin("limits.calls_per_minute"), "environment variable WATCHKEEP_LIMITS__CALLS_PER_MINUTE");
    assert_eq!(origin("limits.heavy_calls_per_minute"), format!("{}:5", own.display()));
    assert_eq!(origin("limits.writes_per_minute"), format!("{}:3", system.display()));
    assert_eq!(origin("data_dir"), "flag --data");
    assert_eq!(config.layers.entries("limits.calls_per_minute").len(), 3);
}

#[test]
fn unknown_keys_are_refused_with_line_and_nearest_name() {
    let told = faults("data_dri = \"/srv\"\n\n[server]\nlissten = \"127.0.0.1:1\"\n[databse]\nurl = \"sqlite\"\n");
    assert_eq!(
        told,
        [
            "hub.toml:1: there is no key `data_dri`; did you mean `data_dir`?",
            "hub.toml:5: there is no section `databse`; did you mean [database]?",
            "hub.toml:4: there is no key `server.lissten`; did you mean `server.listen`?",
        ]
    );
}

#[test]
fn a_key_in_the_wrong_section_is_found() {
    let told = faults("listen = \"127.0.0.1:1\"\n");
    assert_eq!(told, ["hub.toml:1: there is no key `listen`; did you mean `server.listen`?"]);
    assert_eq!(faults("server = 3\n"), ["hub.toml:1: `server` is a section: write it as [server]"]);
}

#[test]
fn wrong_types_are_told_with_what_is_expected() {
    assert_eq!(
        faults("[limits]\ncalls_per_minute = \"600\"\n"),
        ["hub.toml:2: limits.calls_per_minute: expected a whole number, 0 or more, not `600`"]
    );
    assert_eq!(
        faults("[server]\nlisten = 8420\n"),
        [
            "hub.toml:2: server.listen: expected an IP address and a port, such as 127.0.0.1:8420 or [::]:8420, not the integer 8420"
        ]
    );
    assert_eq!(
        faults("[server]\ntrusted_proxies = \"10.0.0.0/8\"\n"),
        [
            "hub.toml:2: server.trusted_proxies: expected a list of address ranges, such as [\"10.0.0.0/8\", \"2001:db8::/32\"], not `10.0.0.0/8`"
        ]
    );
    assert_eq!(
        faults("[log]\nformat = \"xml\"\n"),
        ["hub.toml:2: log.format: expected auto, compact or json, not `xml`"]
    );
    // a secret is not repeated, also where it is wrong
    let told = faults("[database]\nurl = \"mysql://root:s3cret@db/hub\"\n");
    assert!(told[0].contains("database.url: expected sqlite") && !told[0].contains("s3cret"), "{told:?}");
}

#[test]
fn what_is_no_toml_is_told_with_its_line() {
    let told = faults("[server]\nlisten = \n");
    assert!(told.len() == 1 && told[0].starts_with("hub.toml:2: not TOML: "), "{told:?}");
    assert!(
        faults("[server]\nlisten = \"127.0.0.1:1\"\nlisten = \"127.0.0.1:2\"\n")[0].starts_with("hub.toml:3: not TOML")
    );
}

#[test]
fn the_environment_is_checked_too() {
    let load = |all: &[(&str, &str)]| {
        let sources = Sources { variables: variables(all), ..Sources::default() };
        Config::load(&sources).map_err(|all| all.into_iter().map(|f| f.0).collect::<Vec<_>>())
    };
    assert_eq!(
        load(&[("WATCHKEEP_SERVER__LISTN", "127.0.0.1:1")]).unwrap_err(),
        [
            "environment variable WATCHKEEP_SERVER__LISTN: there is no key `server.listn`; did you mean WATCHKEEP_SERVER__LISTEN?"
        ]
    );
    assert!(
        load(&[("WATCHKEEP_LIMITS__CALLS_PER_MINUTE", "many")]).unwrap_err()[0].contains("expected a whole number")
    );
    let config =
        load(&[("WATCHKEEP_LISTEN", "127.0.0.1:9"), ("WATCHKEEP_LOG", "debug"), ("WATCHKEEP_LONG", "1")]).unwrap();
    assert_eq!((config.server.listen.port(), config.log.level.as_str()), (9, "debug"));
    // nothing is nothing
    assert_eq!(load(&[("WATCHKEEP_PUBLIC_URL", "")]).unwrap().server.public_url, None);
}

#[test]
fn a_secret_may_come_from_a_file() {
    let folder = Folder::new("secret");
    let secret = folder.file("token", "s3cret\n");
    let file = folder.file("hub.toml", "[server]\nmetrics_token_file = \"token\"\n");
    let by_variable = Sources {
        variables: variables(&[("WATCHKEEP_SERVER__METRICS_TOKEN_FILE", &secret.display().to_string())]),
        ..Sources::default()
    };
    for sources in [by_variable, Sources { file: Some(file), ..Sources::default() }] {
        let config = Config::load(&sources).unwrap();
        assert_eq!(config.server.metrics_token.as_ref().unwrap().reveal(), "s3cret");
        let key = keys().find(|key| key.path == "server.metrics_token").unwrap();
        let (value, origin) = shown(&config.layers, key);
        assert_eq!(value.as_deref(), Some("\"(secret)\""));
        assert!(origin.to_string().contains("token (named by "), "{origin}");
        assert!(!format!("{:?}", config.server).contains("s3cret"));
    }
    let missing =
        Sources { variables: variables(&[("WATCHKEEP_DATABASE__URL_FILE", "/nowhere/url")]), ..Sources::default() };
    let told = Config::load(&missing).unwrap_err();
    assert!(told[0].0.starts_with("WATCHKEEP_DATABASE__URL_FILE: the file /nowhere/url cannot be read"), "{told:?}");
}

#[test]
fn values_that_contradict_each_other_are_refused() {
    assert_eq!(
        faults("[server]\ntls_cert = \"cert.pem\"\n"),
        ["hub.toml:2: server.tls_cert needs server.tls_key, the file of its private key"]
    );
    let mixed = "[server]\ntls_cert = \"c\"\ntls_key = \"k\"\npublic_url = \"http://hub.example\"\n";
    assert!(faults(mixed)[0].starts_with("hub.toml:4: server.public_url begins with http:"));
    assert!(faults("[server]\npublic_url = \"hub.example\"\n")[0].starts_with("hub.toml:2: server.public_url: "));
    assert!(faults("[database]\nowner_url = \"postgres://o@db/hub\"\n")[0].contains("names SQLite"));
}

#[test]
fn a_file_that_was_asked_for_must_be_there() {
    let sources = Sources { file: Some("/nowhere/hub.toml".into()), ..Sources::default() };
    assert!(Config::load(&sources).unwrap_err()[0].0.contains("/nowhere/hub.toml: the file cannot be read"));
    let sources = Sources { system_file: Some("/nowhere/hub.toml".into()), ..Sources::default() };
    assert!(Config::load(&sources).is_ok());
}

#[test]
fn a_hub_in_the_network_knows_its_address() {
    let config = Config::load(&Sources::default()).unwrap();
    assert_eq!(config.public_url("127.0.0.1:8420".parse().unwrap()).unwrap(), "http://127.0.0.1:8420");
    assert_eq!(config.public_url("[::1]:1".parse().unwrap()).unwrap(), "http://[::1]:1");
    let told = config.public_url("0.0.0.0:8420".parse().unwrap()).unwrap_err();
    assert!(told.contains("server.public_url"), "{told}");
}

#[test]
fn the_data_folder_follows_the_environment() {
    let sources = Sources { variables: variables(&[("HOME", "/home/ana")]), ..Sources::default() };
    let config = Config::load(&sources).unwrap();
    if !Path::new(SYSTEM_DATA).is_dir() {
        assert_eq!(config.data_dir(), Path::new("/home/ana/.local/share/watchkeep"));
        assert_eq!(config.database_file().unwrap(), Path::new("/home/ana/.local/share/watchkeep/hub.db"));
    }
    let sources = Sources { variables: variables(&[("WATCHKEEP_DATA_DIR", "/srv/hub")]), ..Sources::default() };
    assert_eq!(Config::load(&sources).unwrap().keyring_file(), Path::new("/srv/hub/keyring.json"));
}

/// Whatever a file says: it is read or refused, and nothing panics.
#[test]
fn mutated_files_are_read_or_refused() {
    const GOOD: &str = "data_dir = \"/srv\"\n[server]\nlisten = \"127.0.0.1:8420\"\ntrusted_proxies = [\"10.0.0.0/8\"]\n[limits]\ncalls_per_minute = 0x10\n[log]\nformat = \"json\"\n";
    let (mut read, mut refused) = (0, 0);
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = move |n: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % n as u64).unwrap()
    };
    for _ in 0..20_000 {
        let mut bytes = GOOD.as_bytes().to_vec();
        for _ in 0..=next(3) {
            let at = next(bytes.len().max(1));
            match next(4) {
                0 => bytes[at] = b"[]\"=\n#.x0{}\xff\\"[next(14) % 13],
                1 if bytes.len() > 1 => drop(bytes.remove(at)),
                1 | 2 => bytes.insert(at, b"[]\"=\n.7 "[next(8)]),
                _ => bytes.truncate(at.max(1)),
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        let (mut layers, mut faults) = (Layers::default(), vec![]);
        layers.file(Path::new("hub.toml"), &text, &mut faults);
        if faults.is_empty() {
            read += 1;
        } else {
            assert!(faults.iter().all(|f| f.0.starts_with("hub.toml:")), "{faults:?}");
            refused += 1;
        }
    }
    assert!(read > 1_000 && refused > 1_000, "{read} read, {refused} refused");
}
