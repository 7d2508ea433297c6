export function getServerSideProps({ params }) {
  return { props: params }
}

export default function Page({ slug }) {
  return <p>{slug}</p>
}
