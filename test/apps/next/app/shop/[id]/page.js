export const dynamic = 'force-dynamic'

export default async function Page({ params }) {
  const { id } = await params
  const { status } = await fetch(process.env.STOCK, { cache: 'no-store' })
  return (
    <p>
      {id} {status}
    </p>
  )
}
